"""A class that sits an exam over real HTTP and WebSocket connections, and the reckoning afterwards."""
