"""What pages are made of, as Streamlit and a browser show it."""
