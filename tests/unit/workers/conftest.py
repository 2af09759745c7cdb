"""The real keyword-spotting network and its data, for the tests of this folder."""

from keyword_spotting import ds_cnn, keywords

__all__ = ["ds_cnn", "keywords"]
