//! `hook64 show`: one delivery in full.
