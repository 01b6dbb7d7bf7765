#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"

namespace lvtino {

// What a reader says of a value that it asks for. A value without a fallback is required.
// The same words serve reading, error messages, the resolved spec and the JSON Schema.
struct IntegerField {
  std::string_view doc;
  std::optional<std::int64_t> fallback = {};
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};
struct NumberField {
  std::string_view doc;
  std::optional<double> fallback = {};
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  ///< the value must be > low, not >= low
};
struct NumbersField {
  std::string_view doc;
  std::optional<std::vector<double>> fallback = {};
  std::int64_t least = 0;  ///< number of entries
  std::int64_t most = 1 << 20;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
struct StringField {
  std::string_view doc;
  std::optional<std::string> fallback = {};
};
struct ChoiceField {
  std::string_view doc;
  std::vector<std::string> choices;
  std::optional<std::string> fallback = {};
};
struct WordsField {
  std::string_view doc;
  std::vector<std::string> choices;
  std::optional<std::vector<std::string>> fallback = {};
  std::size_t least = 0;
};
struct FlagField {
  std::string_view doc;
  std::optional<bool> fallback = {};
};

/// Typed reading of one JSON object. Every value asked for is checked, recorded in the resolved
/// spec (defaults included) and described in the schema; what nobody asked for is an error.
///
/// A reader is a handle: copies read the same object.
/// All reads throw SpecError with the JSON pointer of the value.
class SpecReader {
 public:
  /// Throws SpecError unless `value` is an object. Relative paths in it begin at `folder`.
  explicit SpecReader(Json value, std::string pointer = "", std::string folder = ".");

  std::int64_t integer(std::string_view key, const IntegerField& field) const;
  double number(std::string_view key, const NumberField& field) const;
  /// A number that may be missing or null; its meaning then is for the caller to `resolve`.
  std::optional<double> number_if(std::string_view key, const NumberField& field) const;
  std::vector<double> numbers(std::string_view key, const NumbersField& field) const;
  std::string string(std::string_view key, const StringField& field) const;
  std::string choice(std::string_view key, const ChoiceField& field) const;
  /// An array of distinct words out of the choices.
  std::vector<std::string> words(std::string_view key, const WordsField& field) const;
  bool flag(std::string_view key, const FlagField& field) const;

  /// A nested object. With `fallback`, it is read in the place of a missing one.
  SpecReader child(std::string_view key, std::string_view doc) const;
  SpecReader child(std::string_view key, std::string_view doc, const Json& fallback) const;
  /// A nested object that may be missing or null.
  std::optional<SpecReader> child_if(std::string_view key, std::string_view doc) const;
  /// An array of objects with `least` to `most` entries. With `fallback`, a JSON array, it is read
  /// in the place of a missing one.
  std::vector<SpecReader> children(std::string_view key, std::string_view doc, std::size_t least,
                                   std::size_t most) const;
  std::vector<SpecReader> children(std::string_view key, std::string_view doc, std::size_t least,
                                   std::size_t most, const Json& fallback) const;

  /// The value of "type", one of `names`; an unknown one is answered with the nearest name.
  std::string type(const std::vector<std::string>& names) const;
  bool has(std::string_view key) const;
  const std::string& pointer() const;
  /// A path that the spec names, seen from the working folder.
  std::string path(const std::string& named) const;

  /// Leaves keys to another reader of the same document: `finish` lets them pass.
  void leave(const std::vector<std::string>& keys) const;

  /// Throws SpecError for the first key that nobody asked for, with the nearest known key.
  /// Reaches into all children.
  void finish() const;

  /// Enters into the resolved spec what a missing value turned out to mean.
  void resolve(std::string_view key, const Json& value) const;

  /// The object as it was understood, every default written out.
  Json resolved() const;
  /// JSON Schema of the object, drawn from the reads that happened.
  Json schema() const;

  /// A SpecError at `key` of this object ("" for the object itself).
  SpecError error(std::string_view key, const std::string& message) const;

 private:
  struct Node;
  const Json* look_up(std::string_view key) const;
  void record(std::string_view key, Json value, Json schema, bool required) const;
  SpecError error_at(std::string_view key, std::size_t index, const std::string& message) const;
  SpecReader adopt(std::string_view key, Json value, std::string_view doc, bool required) const;
  std::vector<SpecReader> adopt_array(std::string_view key, const Json& array, std::string_view doc,
                                      std::size_t least, std::size_t most, bool required) const;

  std::shared_ptr<Node> node_;
};

/// The candidate nearest to `word` by edit distance; empty if none is near.
std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates);

/// Sets the value at a JSON pointer, as `--set /pointer=value` does. Missing objects on the way are
/// made. Throws SpecError if the pointer leads through something that is neither object nor array.
void set_at_pointer(Json& document, const std::string& pointer, const Json& value);

}  // namespace lvtino
