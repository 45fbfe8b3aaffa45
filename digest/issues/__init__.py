"""Issues: one edition each, from draft to finished."""
