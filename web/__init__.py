"""Pages: the first client of the API. Thin views render shells; ES modules speak HTTP and WebSocket like any client."""
