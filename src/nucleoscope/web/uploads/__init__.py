"""What clients send, taken for hostile: counted, measured and decoded in memory, named by nothing but a label."""
