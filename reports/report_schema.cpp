#include "reports/report_schema.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// A number is null where it does not exist (a step without a residual) or is infinite (the PSNR of
// equal videos).
constexpr const char* kSchema = R"JSON({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "lvtino-report/1",
  "description": "result: identical on a rerun; context: times, memory, host",
  "type": "object",
  "required": ["format", "result", "context"],
  "additionalProperties": false,
  "properties": {
    "format": {"const": "lvtino-report/1"},
    "result": {
      "type": "object",
      "required": ["title", "sentence", "spec", "shapes", "measurement", "methods", "evaluations", "steps", "laws", "hashes", "notes"],
      "additionalProperties": false,
      "properties": {
        "title": {"type": "string"},
        "sentence": {"type": "string", "description": "what was done"},
        "spec": {"type": "object", "description": "every default written out"},
        "shapes": {"type": "object"},
        "measurement": {"type": "object"},
        "methods": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["name", "label", "metrics"],
            "properties": {
              "name": {"type": "string"},
              "label": {"type": "string"},
              "metrics": {
                "type": "object",
                "additionalProperties": {
                  "type": "object",
                  "required": ["whole", "per_frame"],
                  "properties": {
                    "whole": {"type": ["number", "null"]},
                    "per_frame": {"type": "array", "items": {"type": ["number", "null"]}},
                    "averaging": {"type": "string"},
                    "higher_is_better": {"type": "boolean"}
                  }
                }
              }
            }
          }
        },
        "evaluations": {
          "type": "object",
          "description": "of the priors, in all samples",
          "required": ["video", "image"],
          "additionalProperties": {"type": "integer"}
        },
        "samples": {
          "type": "object",
          "description": "of a series: mean +- factor sd is the nominal interval of one more draw",
          "required": ["count"],
          "additionalProperties": {"type": "number"}
        },
        "steps": {
          "type": "array",
          "description": "of sample 0",
          "items": {
            "type": "object",
            "required": ["step", "part"],
            "properties": {
              "sample": {"type": "integer"},
              "step": {"type": "integer"},
              "part": {"type": "string"},
              "t": {"type": ["number", "null"]},
              "noise": {"type": ["number", "null"]},
              "residual": {"type": ["number", "null"]},
              "gap": {"type": ["number", "null"]},
              "iterations": {"type": ["integer", "null"]},
              "converged": {"type": ["boolean", "null"]},
              "message": {"type": ["string", "null"]}
            }
          }
        },
        "laws": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["subject", "law", "residual", "bound", "passed"],
            "properties": {
              "subject": {"type": "string"},
              "law": {"type": "string"},
              "residual": {"type": ["number", "null"]},
              "bound": {"type": ["number", "null"]},
              "passed": {"type": "boolean"},
              "witness": {"type": ["string", "null"]}
            }
          }
        },
        "hashes": {"type": "object", "additionalProperties": {"type": "string"}},
        "notes": {"type": "array", "items": {"type": "string"}}
      }
    },
    "context": {
      "type": "object",
      "required": ["started", "seconds", "threads", "host", "versions", "stages"],
      "properties": {
        "started": {"type": "string"},
        "seconds": {"type": "number"},
        "threads": {"type": "integer"},
        "fused_networks": {"type": "boolean", "description": "false with LVTINO_FAST=0"},
        "host": {"type": "object"},
        "versions": {"type": "object"},
        "stages": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["name", "calls", "seconds", "peak_bytes"],
            "properties": {
              "name": {"type": "string"},
              "calls": {"type": "integer"},
              "seconds": {"type": "number"},
              "processor_seconds": {"type": "number"},
              "peak_bytes": {"type": "integer"}
            }
          }
        },
        "step_seconds": {"type": "array", "items": {"type": "number"}},
        "memory_plan": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["prior", "type", "words", "device", "budget_bytes", "peak_bytes", "stages"],
            "properties": {
              "prior": {"type": "string"},
              "type": {"type": "string"},
              "words": {"type": "string"},
              "device": {"type": "string"},
              "budget_bytes": {"type": "integer"},
              "peak_bytes": {"type": "integer"},
              "stages": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["name", "network", "weight_bytes", "work_bytes"],
                  "properties": {
                    "name": {"type": "string"},
                    "network": {"type": "string"},
                    "weight_bytes": {"type": "integer"},
                    "work_bytes": {"type": "integer"}
                  }
                }
              }
            }
          }
        },
        "device_peak_bytes": {"type": "integer"}
      }
    }
  }
}
)JSON";

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
  static const std::string schema(kSchema);
  return schema;
}

void check_report(const Json& report) {
  check_value(report, parse_json(report_schema(), "report schema"), "");
}

}  // namespace lvtino
