#include "lvtino/comparison.hpp"

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "lvtino/core/error.hpp"
#include "lvtino/core/spec.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/core/npy.hpp"

namespace lvtino {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kShownHeight = 240, kShownWidth = 400;  // of a picture, cut from the middle

// What only a series has is kept for the methods that draw one.
void drop_moments(Json& document) {
  const Json::json_pointer samples("/sampler/samples"), save("/output/save");
  if (document.contains(samples) && document[samples] != 1) return;
  if (!document.contains(save) || !document[save].is_array()) return;
  Json kept = Json::array();
  for (const Json& name : document[save])
    if (name != "mean" && name != "standard_deviation") kept.push_back(name);
  document[save] = kept;
}

Method read_method(const SpecFile& common, const Json& entry, std::size_t index) {
  const std::string pointer = text("/methods/", index);
  if (!entry.is_object()) throw SpecError(pointer, "expected an object with name, label and set");
  // "set" is a piece of a spec, not a spec: its reader is that of the merged document.
  Json words = entry;
  words.erase("set");
  const SpecReader reader(words, pointer);
  Method out;
  out.name = reader.string("name", {.doc = "of the method; names its folder"});
  out.label = reader.string("label", {.doc = "of the method in tables", .fallback = out.name});
  reader.finish();
  if (!is_plain_name(out.name))
    throw reader.error("name", text("expected up to 100 letters, digits, '.', '_', '-', got \"", out.name, "\""));
  const Json set = entry.value("set", Json::object());
  if (!set.is_object()) throw SpecError(pointer + "/set", "expected an object");
  for (const char* key : {"methods", "clips", "preset", "name", "output"})
    if (set.contains(key))
      throw SpecError(pointer + "/set/" + key, "is the same for all methods: expected it outside of them");
  out.spec = common;
  lay_over(out.spec.document, set);
  drop_moments(out.spec.document);
  return out;
}

// A row of the table, being filled.
struct Row {
  std::string method, label, kind;
  std::map<std::string, std::map<std::string, double>> values;  // clip, measure
  std::map<std::string, Json> costs;                            // clip
};

class Table {
 public:
  void add(const FinishedRun& run) {
    note(clips_, run.clip);
    const Json& result = run.report["result"];
    for (const Json& method : result["methods"]) {
      const auto name = method["name"].get<std::string>();
      const bool own = name == "restoration" || name == "mean";
      // Baselines do not depend on the method: those of a clip's first run stand for all.
      Row& row = own ? row_of(run.method, name, name == "mean" ? run.label + ", " + method["label"].get<std::string>() : run.label)
                     : row_of("", name, method["label"]);
      if (!own && row.values.count(run.clip) > 0) continue;
      for (const auto& [measure, value] : method["metrics"].items()) fill(row, run.clip, measure, value["whole"]);
      const Json perceptual = perceptual_of(run, name);
      for (const auto& [measure, value] : perceptual.items()) fill(row, run.clip, measure, value["mean"]);
      if (name == "restoration") row.costs[run.clip] = cost_of(run.report);
    }
    check_measurement(run);
    for (const Json& step : result["steps"])
      if (step.value("converged", Json(true)) == Json(false)) {
        notes_.push_back(text(run.label, ", ", run.clip, ": a solve did not converge."));
        break;
      }
  }

  Json json(const std::string& title) const {
    Json rows = Json::array(), costs = Json::array();
    for (const Row& row : rows_) {
      Json values = Json::object();
      for (const auto& [clip, measures] : row.values) values[clip] = measures;
      rows.push_back({{"method", row.method}, {"kind", row.kind}, {"label", row.label}, {"clips", values},
                      {"average", average(row)}});
      if (!row.costs.empty()) costs.push_back({{"label", row.label}, {"clips", row.costs}});
    }
    return {{"format", "lvtino-comparison/1"},
            {"result", {{"title", title}, {"clips", clips_}, {"measures", measures_}, {"rows", rows}, {"notes", notes_}}},
            {"context", {{"rows", costs}}}};
  }

 private:
  static void note(std::vector<std::string>& list, const std::string& word) {
    if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
  }

  Row& row_of(const std::string& method, const std::string& kind, const std::string& label) {
    for (Row& row : rows_)
      if (row.method == method && row.kind == kind) return row;
    rows_.push_back({.method = method, .label = label, .kind = kind});
    return rows_.back();
  }

  // A value that does not exist or is infinite (null in a report) leaves its cell empty.
  void fill(Row& row, const std::string& clip, const std::string& measure, const Json& value) {
    note(measures_, measure);
    if (value.is_number()) row.values[clip][measure] = value.get<double>();
  }

  static Json perceptual_of(const FinishedRun& run, const std::string& name) {
    if (run.perceptual.is_object())
      for (const Json& method : run.perceptual["methods"])
        if (method["name"] == name) return method["metrics"];
    return Json::object();
  }

  static Json cost_of(const Json& report) {
    double seconds = 0;
    for (const Json& step : report["context"]["step_seconds"]) seconds += step.get<double>();
    double peak = 0;
    for (const Json& stage : report["context"]["stages"]) peak = std::max(peak, stage["peak_bytes"].get<double>());
    Json out = {{"seconds", seconds}, {"peak_bytes", peak}};
    out.update(report["result"]["evaluations"]);
    return out;
  }

  void check_measurement(const FinishedRun& run) {
    const Json hash = run.report["result"]["hashes"].value("measurement", Json());
    const auto [first, fresh] = measurements_.emplace(run.clip, hash);
    if (!fresh && first->second != hash)
      notes_.push_back(text(run.label, ", ", run.clip, ": restored another measurement than the first method."));
  }

  Json average(const Row& row) const {
    Json out = Json::object();
    if (row.values.size() < clips_.size()) return out;
    for (const std::string& measure : measures_) {
      double sum = 0;
      std::size_t count = 0;
      for (const auto& [clip, values] : row.values)
        if (const auto found = values.find(measure); found != values.end()) sum += found->second, ++count;
      if (count == clips_.size()) out[measure] = sum / double(count);
    }
    return out;
  }

  std::vector<Row> rows_;
  std::vector<std::string> clips_, measures_, notes_;
  std::map<std::string, Json> measurements_;
};

// [3, h, w]: the middle of the middle frame, or nothing if the file is not there.
std::optional<Tensor> picture(const fs::path& file) {
  if (!fs::exists(file)) return {};
  const Tensor video = read_npy(file.string());
  if (video.dim() != 5 || video.size(1) != 3) return {};
  const Tensor frame = video.select(0, 0).select(1, video.size(2) / 2).to(at::kFloat).clamp(0, 1);
  const std::int64_t h = std::min(kShownHeight, frame.size(1)), w = std::min(kShownWidth, frame.size(2));
  return frame.narrow(1, (frame.size(1) - h) / 2, h).narrow(2, (frame.size(2) - w) / 2, w).contiguous();
}

}  // namespace

std::vector<Method> methods_of(const SpecFile& spec) {
  if (!spec.document.is_object() || !spec.document.contains("methods")) return {{.spec = spec}};
  const Json entries = spec.document["methods"];
  if (!entries.is_array() || entries.empty() || entries.size() > 100)
    throw SpecError("/methods", "expected 1 to 100 methods");
  SpecFile common = spec;
  common.document.erase("methods");
  std::vector<Method> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out.push_back(read_method(common, entries[i], i));
    for (std::size_t j = 0; j < i; ++j)
      if (out[j].name == out[i].name)
        throw SpecError(text("/methods/", i, "/name"), text("two methods are named \"", out[i].name, "\""));
  }
  return out;
}

Json methods_schema() {
  return {{"type", "array"},
          {"description", "ways to restore that are compared: each is the spec with \"set\" laid over it"},
          {"minItems", 1},
          {"maxItems", 100},
          {"items",
           {{"type", "object"},
            {"required", {"name"}},
            {"additionalProperties", false},
            {"properties",
             {{"name", {{"type", "string"}, {"description", "of the method; names its folder"}}},
              {"label", {{"type", "string"}, {"description", "of the method in tables"}}},
              {"set", {{"type", "object"}, {"description", "what the method changes in the spec"}}}}}}}};
}

FinishedRun read_finished_run(const std::string& folder, const std::string& clip, const std::string& method,
                              const std::string& label) {
  FinishedRun out{.clip = clip, .method = method, .label = label, .folder = folder};
  out.report = read_json_file((fs::path(folder) / "report.json").string());
  const fs::path perceptual = fs::path(folder) / "perceptual.json";
  if (fs::exists(perceptual)) out.perceptual = read_json_file(perceptual.string());
  return out;
}

Json comparison_json(const std::string& title, const std::vector<FinishedRun>& runs) {
  Table table;
  for (const FinishedRun& run : runs) table.add(run);
  return table.json(title);
}

std::vector<Figure> comparison_figures(const std::vector<FinishedRun>& runs) {
  std::vector<Figure> out;
  std::vector<std::string> begun;
  for (const FinishedRun& run : runs) {
    const auto show = [&](const char* file, const std::string& caption) {
      if (const auto image = picture(fs::path(run.folder) / file)) out.push_back({run.clip, caption, *image});
    };
    if (std::find(begun.begin(), begun.end(), run.clip) == begun.end()) {
      begun.push_back(run.clip);
      show("truth.npy", "ground truth");
      show("interpolation.npy", "bicubic, frames repeated");
    }
    show("restoration.npy", run.label);
    show("mean.npy", run.label + ", mean of the samples");
  }
  return out;
}

}  // namespace lvtino
