"""Speed and accuracy against peers, side by side in one run. Measures the product; nothing in it imports this."""
