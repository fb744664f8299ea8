//! Which image pixels a target pixel covers, in whole numbers, so that both backends agree exactly.
