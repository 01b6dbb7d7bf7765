#pragma once

#include <string>

#include "lvtino/core/spec.hpp"

namespace lvtino {

/// The key `sha256`: the digest that a weight file must have; empty: any.
std::string expected_digest(const SpecReader& reader);

/// The bytes of the weight file at `path`. Reads the key `sha256` and enters the digest found into
/// the resolved spec: a result names the weights that made it.
/// Throws IoError, SpecError if the digest is another one.
std::string read_weight_file(const SpecReader& reader, const std::string& path);

/// The same for a file that something else will read.
void check_weight_file(const SpecReader& reader, const std::string& path);

/// SHA-256 (hexadecimal) of a file of any size: it is mapped, not read into memory. Throws IoError.
std::string file_digest(const std::string& path);

/// Throws IoError unless the file at `path` has that SHA-256 (hexadecimal).
void require_digest(const std::string& path, const std::string& expected);

}  // namespace lvtino
