#include "priors/weight_file.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/file.hpp"
#include "lvtino/core/mapped_file.hpp"
#include "lvtino/core/sha256.hpp"

namespace lvtino {

std::string expected_digest(const SpecReader& reader) {
  return reader.string("sha256",
                       {.doc = "digest that the weights must have; \"\": any", .fallback = ""});
}

std::string read_weight_file(const SpecReader& reader, const std::string& path) {
  const std::string expected = expected_digest(reader);
  std::string bytes = read_file(path);
  const std::string found = Sha256().update(bytes.data(), bytes.size()).hex();
  if (!expected.empty() && expected != found)
    throw reader.error("sha256",
                       text("expected the digest of ", path, ", ", found, ", got ", expected));
  reader.resolve("sha256", found);
  return bytes;
}

void check_weight_file(const SpecReader& reader, const std::string& path) {
  read_weight_file(reader, path);
}

std::string file_digest(const std::string& path) {
  const auto file = MappedFile::open(path);
  return Sha256().update(file->bytes().data(), file->bytes().size()).hex();
}

void require_digest(const std::string& path, const std::string& expected) {
  const std::string found = file_digest(path);
  if (found != expected)
    throw IoError(text(path, ": expected the SHA-256 ", expected, ", got ", found));
}

}  // namespace lvtino
