"""YOLO: one network from a picture to boxes."""
