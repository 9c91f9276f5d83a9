"""What people look at: maps made with Folium, from plain GeoJSON, with assets of our own only."""
