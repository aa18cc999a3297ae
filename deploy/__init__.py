"""What is needed to run Chỉ tiêu: the embedded stack and the files of other platforms."""
