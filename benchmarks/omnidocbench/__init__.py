r"""Accuracy against hand-made ground truth in OmniDocBench's format, in its end-to-end sense.

The algorithm is that of OmniDocBench 1.5 with quick matching, written anew from its description
in code (github.com/opendatalab/OmniDocBench, Apache-2.0). Where it differs on purpose:

- Tables in LaTeX are not understood; tables in HTML and pipe tables are.
- Tables are assigned to each other by their normalised HTML.
- A position is an offset in the Markdown for every kind of block.
"""
