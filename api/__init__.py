"""The front door: HTTP and WebSocket. A view checks the shape, makes one call, renders."""
