#include "lvtino/core/spec.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace lvtino {
namespace {

std::string escape(std::string_view key) {
  std::string out;
  for (char c : key) out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return out;
}

// What came, in a few words: long values would bury the message.
std::string show(const Json& value) {
  std::string out = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return out.size() <= 80 ? out : out.substr(0, 77) + "...";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = nearest_name(word, candidates);
  return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

template <class T>
std::string interval(T low, T high, bool above_low, bool any_low, bool any_high) {
  if (any_low && any_high) return "";
  if (any_high) return text(above_low ? " > " : " >= ", low);
  if (any_low) return text(" <= ", high);
  return text(" in ", above_low ? "(" : "[", low, ", ", high, "]");
}

std::string interval(const IntegerField& f) {
  using Limits = std::numeric_limits<std::int64_t>;
  return interval(f.low, f.high, false, f.low == Limits::min(), f.high == Limits::max());
}

template <class Field>
std::string number_interval(const Field& f, bool above_low) {
  return interval(f.low, f.high, above_low, std::isinf(f.low), std::isinf(f.high));
}

void describe_bounds(Json& schema, double low, double high, bool above_low) {
  if (!std::isinf(low)) schema[above_low ? "exclusiveMinimum" : "minimum"] = low;
  if (!std::isinf(high)) schema["maximum"] = high;
}

}  // namespace

struct SpecReader::Node {
  struct Slot {
    std::string key;
    Json value, schema;
    bool required = false;
    bool is_array = false;
    std::vector<SpecReader> readers;  // for nested objects, which know their own value and schema
  };
  Json object;
  std::string pointer;
  std::string folder;
  std::vector<Slot> slots;
  std::vector<std::string> left;  // keys that another reader takes

  Slot& slot(std::string_view key) {
    for (Slot& known : slots)
      if (known.key == key) return known = Slot{.key = std::string(key)};
    return slots.emplace_back(Slot{.key = std::string(key)});
  }
};

SpecReader::SpecReader(Json value, std::string pointer, std::string folder)
    : node_(std::make_shared<Node>()) {
  if (!value.is_object())
    throw SpecError(pointer, text("expected an object, got ", show(value)));
  node_->object = std::move(value);
  node_->pointer = std::move(pointer);
  node_->folder = std::move(folder);
}

std::string SpecReader::path(const std::string& named) const {
  return (std::filesystem::path(node_->folder) / named).lexically_normal().string();
}

const Json* SpecReader::look_up(std::string_view key) const {
  const auto found = node_->object.find(std::string(key));
  return found == node_->object.end() ? nullptr : &*found;
}

void SpecReader::record(std::string_view key, Json value, Json schema, bool required) const {
  Node::Slot& slot = node_->slot(key);
  slot.value = std::move(value), slot.schema = std::move(schema), slot.required = required;
}

SpecError SpecReader::error(std::string_view key, const std::string& message) const {
  return SpecError(key.empty() ? node_->pointer : node_->pointer + "/" + escape(key), message);
}

SpecError SpecReader::error_at(std::string_view key, std::size_t index,
                               const std::string& message) const {
  return SpecError(text(node_->pointer, "/", escape(key), "/", index), message);
}

std::int64_t SpecReader::integer(std::string_view key, const IntegerField& field) const {
  const Json* found = look_up(key);
  const std::string wanted = text("expected an integer", interval(field));
  if (!found && !field.fallback) throw error(key, text(wanted, ", but the key is missing"));
  std::int64_t value = field.fallback.value_or(0);
  if (found) {
    const bool fits = found->is_number_unsigned()
                          ? found->get<std::uint64_t>() <= std::uint64_t(INT64_MAX)
                          : found->is_number_integer();
    if (!fits) throw error(key, text(wanted, ", got ", show(*found)));
    value = found->get<std::int64_t>();
    if (value < field.low || value > field.high)
      throw error(key, text(wanted, ", got ", show(*found)));
  }
  Json schema = {{"type", "integer"}, {"description", field.doc}};
  if (field.low != std::numeric_limits<std::int64_t>::min()) schema["minimum"] = field.low;
  if (field.high != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = field.high;
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, value, std::move(schema), !field.fallback);
  return value;
}

double SpecReader::number(std::string_view key, const NumberField& field) const {
  const Json* found = look_up(key);
  const std::string wanted = text("expected a number", number_interval(field, field.above_low));
  if (!found && !field.fallback) throw error(key, text(wanted, ", but the key is missing"));
  double value = field.fallback.value_or(0);
  if (found) {
    if (!found->is_number()) throw error(key, text(wanted, ", got ", show(*found)));
    value = found->get<double>();
    const bool low_enough = field.above_low ? value > field.low : value >= field.low;
    if (!std::isfinite(value) || !low_enough || value > field.high)
      throw error(key, text(wanted, ", got ", show(*found)));
  }
  Json schema = {{"type", "number"}, {"description", field.doc}};
  describe_bounds(schema, field.low, field.high, field.above_low);
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, value, std::move(schema), !field.fallback);
  return value;
}

std::optional<double> SpecReader::number_if(std::string_view key, const NumberField& field) const {
  const Json* found = look_up(key);
  Json schema = {{"type", {"number", "null"}}, {"description", field.doc}};
  describe_bounds(schema, field.low, field.high, field.above_low);
  std::optional<double> value;
  if (found && !found->is_null()) value = number(key, field);
  record(key, value ? Json(*value) : Json(), std::move(schema), false);
  return value;
}

std::vector<double> SpecReader::numbers(std::string_view key, const NumbersField& field) const {
  const Json* found = look_up(key);
  const std::string count = field.least == field.most ? text(field.least)
                                                      : text(field.least, " to ", field.most);
  const std::string wanted = text("expected an array of ", count, " numbers",
                                  number_interval(field, false));
  if (!found && !field.fallback) throw error(key, text(wanted, ", but the key is missing"));
  std::vector<double> values = field.fallback.value_or(std::vector<double>{});
  if (found) {
    if (!found->is_array() || std::int64_t(found->size()) < field.least ||
        std::int64_t(found->size()) > field.most)
      throw error(key, text(wanted, ", got ", show(*found)));
    values.clear();
    for (const Json& entry : *found) {
      const double value = entry.is_number() ? entry.get<double>() : std::nan("");
      if (!std::isfinite(value) || value < field.low || value > field.high)
        throw error_at(key, values.size(), text(wanted, ", got ", show(entry)));
      values.push_back(value);
    }
  }
  Json items = {{"type", "number"}};
  describe_bounds(items, field.low, field.high, false);
  Json schema = {{"type", "array"}, {"description", field.doc}, {"items", items},
                 {"minItems", field.least}, {"maxItems", field.most}};
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, values, std::move(schema), !field.fallback);
  return values;
}

std::string SpecReader::string(std::string_view key, const StringField& field) const {
  const Json* found = look_up(key);
  if (!found && !field.fallback)
    throw error(key, "expected a string, but the key is missing");
  if (found && !found->is_string())
    throw error(key, text("expected a string, got ", show(*found)));
  const std::string value = found ? found->get<std::string>() : *field.fallback;
  Json schema = {{"type", "string"}, {"description", field.doc}};
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, value, std::move(schema), !field.fallback);
  return value;
}

std::string SpecReader::choice(std::string_view key, const ChoiceField& field) const {
  const std::string names = joined(field.choices);
  const Json* found = look_up(key);
  if (!found && !field.fallback)
    throw error(key, text("expected one of ", names, ", but the key is missing"));
  if (found && !found->is_string())
    throw error(key, text("expected one of ", names, ", got ", show(*found)));
  const std::string value = found ? found->get<std::string>() : *field.fallback;
  if (std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end())
    throw error(key, text("expected one of ", names, ", got ", show(value),
                          suggestion(value, field.choices)));
  Json schema = {{"type", "string"}, {"description", field.doc}, {"enum", field.choices}};
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, value, std::move(schema), !field.fallback);
  return value;
}

std::vector<std::string> SpecReader::words(std::string_view key, const WordsField& field) const {
  const std::string wanted = text("expected an array of distinct words out of ", joined(field.choices));
  const Json* found = look_up(key);
  if (!found && !field.fallback) throw error(key, text(wanted, ", but the key is missing"));
  const Json array = found ? *found : Json(*field.fallback);
  if (!array.is_array() || array.size() < field.least)
    throw error(key, text(wanted, ", got ", show(array)));
  std::vector<std::string> values;
  for (const Json& entry : array) {
    const std::string word = entry.is_string() ? entry.get<std::string>() : "";
    const auto known = std::find(field.choices.begin(), field.choices.end(), word);
    if (known == field.choices.end() || std::find(values.begin(), values.end(), word) != values.end())
      throw error_at(key, values.size(), text(wanted, ", got ", show(entry), suggestion(word, field.choices)));
    values.push_back(word);
  }
  Json schema = {{"type", "array"}, {"description", field.doc}, {"minItems", field.least},
                 {"uniqueItems", true}, {"items", {{"enum", field.choices}}}};
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, values, std::move(schema), !field.fallback);
  return values;
}

bool SpecReader::flag(std::string_view key, const FlagField& field) const {
  const Json* found = look_up(key);
  if (!found && !field.fallback)
    throw error(key, "expected true or false, but the key is missing");
  if (found && !found->is_boolean())
    throw error(key, text("expected true or false, got ", show(*found)));
  const bool value = found ? found->get<bool>() : *field.fallback;
  Json schema = {{"type", "boolean"}, {"description", field.doc}};
  if (field.fallback) schema["default"] = *field.fallback;
  record(key, value, std::move(schema), !field.fallback);
  return value;
}

SpecReader SpecReader::adopt(std::string_view key, Json value, std::string_view doc,
                             bool required) const {
  SpecReader reader(std::move(value), node_->pointer + "/" + escape(key), node_->folder);
  Node::Slot& slot = node_->slot(key);
  slot.schema = {{"description", doc}}, slot.required = required;
  slot.readers = {reader};
  return reader;
}

SpecReader SpecReader::child(std::string_view key, std::string_view doc) const {
  const Json* found = look_up(key);
  if (!found) throw error(key, "expected an object, but the key is missing");
  return adopt(key, *found, doc, true);
}

SpecReader SpecReader::child(std::string_view key, std::string_view doc,
                             const Json& fallback) const {
  const Json* found = look_up(key);
  return adopt(key, found ? *found : fallback, doc, false);
}

std::optional<SpecReader> SpecReader::child_if(std::string_view key, std::string_view doc) const {
  const Json* found = look_up(key);
  if (found && !found->is_null()) return adopt(key, *found, doc, false);
  record(key, nullptr, {{"description", doc}, {"type", "null"}}, false);
  return {};
}

std::vector<SpecReader> SpecReader::children(std::string_view key, std::string_view doc,
                                             std::size_t least, std::size_t most) const {
  const Json* found = look_up(key);
  if (!found)
    throw error(key, text("expected an array of ", least, " to ", most,
                          " objects, but the key is missing"));
  return adopt_array(key, *found, doc, least, most, true);
}

std::vector<SpecReader> SpecReader::children(std::string_view key, std::string_view doc,
                                             std::size_t least, std::size_t most,
                                             const Json& fallback) const {
  const Json* found = look_up(key);
  return adopt_array(key, found ? *found : fallback, doc, least, most, false);
}

std::vector<SpecReader> SpecReader::adopt_array(std::string_view key, const Json& array,
                                                std::string_view doc, std::size_t least,
                                                std::size_t most, bool required) const {
  if (!array.is_array() || array.size() < least || array.size() > most)
    throw error(key, text("expected an array of ", least, " to ", most, " objects, got ",
                          show(array)));
  std::vector<SpecReader> readers;
  for (const Json& entry : array)
    readers.emplace_back(entry, text(node_->pointer, "/", escape(key), "/", readers.size()), node_->folder);
  Node::Slot& slot = node_->slot(key);
  slot.schema = {{"description", doc}}, slot.required = required, slot.is_array = true;
  slot.readers = readers;
  return readers;
}

std::string SpecReader::type(const std::vector<std::string>& names) const {
  return choice("type", {.doc = "which one", .choices = names});
}

bool SpecReader::has(std::string_view key) const { return look_up(key) != nullptr; }

const std::string& SpecReader::pointer() const { return node_->pointer; }

void SpecReader::leave(const std::vector<std::string>& keys) const {
  node_->left.insert(node_->left.end(), keys.begin(), keys.end());
}

void SpecReader::finish() const {
  std::vector<std::string> known = node_->left;
  for (const Node::Slot& slot : node_->slots) known.push_back(slot.key);
  for (const auto& [key, value] : node_->object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw error(key, text("unknown key", suggestion(key, known), "; known here: ", joined(known)));
  }
  for (const Node::Slot& slot : node_->slots)
    for (const SpecReader& reader : slot.readers) reader.finish();
}

void SpecReader::resolve(std::string_view key, const Json& value) const {
  for (Node::Slot& slot : node_->slots)
    if (slot.key == key) slot.value = value;
}

Json SpecReader::resolved() const {
  Json out = Json::object();
  for (const Node::Slot& slot : node_->slots) {
    if (slot.is_array) {
      out[slot.key] = Json::array();
      for (const SpecReader& reader : slot.readers) out[slot.key].push_back(reader.resolved());
    } else {
      out[slot.key] = slot.readers.empty() ? slot.value : slot.readers.front().resolved();
    }
  }
  return out;
}

Json SpecReader::schema() const {
  Json properties = Json::object(), required = Json::array();
  for (const Node::Slot& slot : node_->slots) {
    Json schema = slot.schema;
    if (slot.is_array) {
      schema["type"] = "array";
      if (!slot.readers.empty()) schema["items"] = slot.readers.front().schema();
    } else if (!slot.readers.empty()) {
      schema.update(slot.readers.front().schema());
    }
    properties[slot.key] = std::move(schema);
    if (slot.required) required.push_back(slot.key);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

}  // namespace lvtino
