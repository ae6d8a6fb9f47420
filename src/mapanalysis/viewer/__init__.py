"""The map on screen: one HTML file, and the same map as a widget in JupyterLab."""
