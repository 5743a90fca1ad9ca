"""Who looks at the dashboard, and which pages that person may see."""
