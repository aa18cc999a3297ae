"""The four processes of Chỉ tiêu; they meet only in the contracts, topics and tables of `shared`."""
