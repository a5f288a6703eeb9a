"""A run as one HTML file that plays without a server: what is in it, and what plays it in the browser."""
