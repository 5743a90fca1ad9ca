"""What pages show, worked out from marts and records: data frames in, frames and words out. Pure."""
