//! From comparison records to rates, differentials and verdicts.
