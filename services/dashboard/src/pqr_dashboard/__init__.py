"""The executive view of the PQRS, in Streamlit."""
