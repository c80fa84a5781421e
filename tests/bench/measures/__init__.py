"""One module for each measure. Each has `async def measure(repetitions: int) -> Sequence[Figure]`."""
