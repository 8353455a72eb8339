"""What runs a network: LiteRT, OpenVINO, TensorFlow."""
