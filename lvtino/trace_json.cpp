#include "lvtino/trace_json.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <class T>
std::optional<T> optional_at(const Json& json, const char* key) {
  return json.at(key).is_null() ? std::optional<T>() : json.at(key).get<T>();
}

}  // namespace

Json trace_to_json(const TraceEntry& entry) {
  return {{"sample", entry.sample},
          {"step", entry.step},
          {"part", entry.part},
          {"t", or_null(entry.t)},
          {"noise", or_null(entry.noise)},
          {"residual", or_null(entry.residual)},
          {"gap", or_null(entry.gap)},
          {"iterations", or_null(entry.iterations)},
          {"converged", entry.converged},
          {"message", entry.message}};
}

TraceEntry trace_from_json(const Json& json) {
  try {
    return {.step = json.at("step").get<int>(),
            .part = json.at("part").get<std::string>(),
            .t = optional_at<double>(json, "t"),
            .noise = optional_at<double>(json, "noise"),
            .residual = optional_at<double>(json, "residual"),
            .gap = optional_at<double>(json, "gap"),
            .iterations = optional_at<int>(json, "iterations"),
            .converged = json.at("converged").get<bool>(),
            .message = json.at("message").get<std::string>(),
            .seconds = json.value("seconds", 0.0),
            .processor_seconds = json.value("processor_seconds", 0.0),
            .sample = json.value("sample", 0)};
  } catch (const Json::exception& failure) {
    throw IoError(text("not a trace entry: ", failure.what()));
  }
}

}  // namespace lvtino
