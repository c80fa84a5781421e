"""Many complaints in one file: CSV or JSON Lines, each row judged by itself and reported by its line."""
