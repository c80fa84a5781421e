"""The operators' desk: requests of persons about their data, by due date (000 V.5)."""
