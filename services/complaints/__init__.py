"""Complaints: submissions, their cases, and what holds each listing down."""
