"""What happens in a province: each story sends its events and books what the cells must show."""
