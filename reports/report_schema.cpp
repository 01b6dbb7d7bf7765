#include "reports/report_schema.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// What stands for a form: {"type": "string"} is written "string", {"type": ["number", "null"]}
// "number?". A number is null where it does not exist (a step without a residual) or is infinite
// (the PSNR of equal videos).
Json form(const Json& words) {
  if (!words.is_string()) return words;
  std::string type = words.get<std::string>();
  if (type.back() != '?') return {{"type", type}};
  type.pop_back();
  return {{"type", Json::array({type, "null"})}};
}

using Fields = std::vector<std::pair<std::string, Json>>;

// An object with these fields, and maybe those.
Json record(const Fields& required, const Fields& optional = {}) {
  Json names = Json::array(), properties = Json::object();
  for (const auto& [name, words] : required) names.push_back(name), properties[name] = form(words);
  for (const auto& [name, words] : optional) properties[name] = form(words);
  return {{"type", "object"}, {"required", names}, {"properties", properties}};
}

Json closed(Json record) {
  record["additionalProperties"] = false;
  return record;
}

Json list_of(const Json& words) { return {{"type", "array"}, {"items", form(words)}}; }

Json map_of(const Json& words) {
  return {{"type", "object"}, {"additionalProperties", form(words)}};
}

Json described(const char* words, Json schema) {
  schema["description"] = words;
  return schema;
}

Json result_schema() {
  const Json metric = record({{"whole", "number?"}, {"per_frame", list_of("number?")}},
                             {{"averaging", "string"}, {"higher_is_better", "boolean"}});
  const Json method =
      record({{"name", "string"}, {"label", "string"}, {"metrics", map_of(metric)}});
  Json evaluations = described("of the priors, in all samples", map_of("integer"));
  evaluations["required"] = {"video", "image"};
  Json samples = described(
      "of a series: mean +- factor sd is the nominal interval of one more draw", map_of("number"));
  samples["required"] = Json::array({"count"});
  const Json step = record({{"step", "integer"}, {"part", "string"}}, {{"sample", "integer"},
                                                                       {"t", "number?"},
                                                                       {"noise", "number?"},
                                                                       {"residual", "number?"},
                                                                       {"gap", "number?"},
                                                                       {"iterations", "integer?"},
                                                                       {"converged", "boolean?"},
                                                                       {"message", "string?"}});
  const Json law = record({{"subject", "string"},
                           {"law", "string"},
                           {"residual", "number?"},
                           {"bound", "number?"},
                           {"passed", "boolean"}},
                          {{"witness", "string?"}});
  return closed(record({{"title", "string"},
                        {"sentence", described("what was done", form("string"))},
                        {"spec", described("every default written out", form("object"))},
                        {"shapes", "object"},
                        {"measurement", "object"},
                        {"methods", list_of(method)},
                        {"evaluations", evaluations},
                        {"steps", described("of sample 0", list_of(step))},
                        {"laws", list_of(law)},
                        {"hashes", map_of("string")},
                        {"notes", list_of("string")}},
                       {{"samples", samples}}));
}

Json context_schema() {
  const Json stage = record(
      {{"name", "string"}, {"calls", "integer"}, {"seconds", "number"}, {"peak_bytes", "integer"}},
      {{"processor_seconds", "number"}});
  const Json planned_stage = record({{"name", "string"},
                                     {"network", "string"},
                                     {"weight_bytes", "integer"},
                                     {"work_bytes", "integer"}});
  const Json plan = record({{"prior", "string"},
                            {"type", "string"},
                            {"words", "string"},
                            {"device", "string"},
                            {"budget_bytes", "integer"},
                            {"peak_bytes", "integer"},
                            {"stages", list_of(planned_stage)}});
  return record({{"started", "string"},
                 {"seconds", "number"},
                 {"threads", "integer"},
                 {"host", "object"},
                 {"versions", "object"},
                 {"stages", list_of(stage)}},
                {{"fused_networks", described("false with LVTINO_FAST=0", form("boolean"))},
                 {"step_seconds", list_of("number")},
                 {"memory_plan", list_of(plan)},
                 {"device_peak_bytes", "integer"},
                 {"joint_prox_device_bytes", "integer"}});
}

Json whole_schema() {
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "lvtino-report/1"},
              {"description", "result: identical on a rerun; context: times, memory, host"}};
  out.update(closed(record({{"format", {{"const", "lvtino-report/1"}}},
                            {"result", result_schema()},
                            {"context", context_schema()}})));
  return out;
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  return value.is_number();
}

bool has_one_type(const Json& value, const Json& types) {
  if (types.is_string()) return has_type(value, types.get<std::string>());
  for (const Json& type : types)
    if (has_type(value, type.get<std::string>())) return true;
  return false;
}

void check_value(const Json& value, const Json& schema, const std::string& pointer);

void check_object(const Json& value, const Json& schema, const std::string& pointer) {
  const Json none = Json::object();
  const Json& properties = schema.contains("properties") ? schema["properties"] : none;
  if (schema.contains("required"))
    for (const Json& key : schema["required"])
      if (!value.contains(key.get<std::string>()))
        throw SpecError(
            pointer, text("expected the key \"", key.get<std::string>(), "\", which is missing"));
  for (const auto& [key, entry] : value.items()) {
    const std::string at = pointer + "/" + key;
    if (properties.contains(key)) {
      check_value(entry, properties[key], at);
    } else if (schema.contains("additionalProperties")) {
      const Json& others = schema["additionalProperties"];
      if (others.is_boolean()) throw SpecError(at, "unexpected key");
      check_value(entry, others, at);
    }
  }
}

void check_value(const Json& value, const Json& schema, const std::string& pointer) {
  if (schema.contains("const") && value != schema["const"])
    throw SpecError(pointer, text("expected ", schema["const"].dump(), ", got ", value.dump()));
  if (schema.contains("type") && !has_one_type(value, schema["type"]))
    throw SpecError(pointer,
                    text("expected the type ", schema["type"].dump(), ", got ", value.type_name()));
  if (value.is_object()) check_object(value, schema, pointer);
  if (value.is_array() && schema.contains("items"))
    for (std::size_t i = 0; i < value.size(); ++i)
      check_value(value[i], schema["items"], text(pointer, "/", i));
}

}  // namespace

const std::string& report_schema() {
  static const std::string schema = whole_schema().dump(2) + "\n";
  return schema;
}

void check_report(const Json& report) {
  check_value(report, parse_json(report_schema(), "report schema"), "");
}

}  // namespace lvtino
