"""A patient as a coordinator needs them: who they are, the people around them, their chart, and finding them."""
