"""What each figure is compared with: the same work, written in its ecosystem's usual way."""
