#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "lvtino/measurement_report.hpp"
#include "lvtino/sample_series.hpp"
#include "reports/figures.hpp"
#include "validation/law.hpp"
#include "validation/metric.hpp"

namespace lvtino {

/// A video that the report shows, as a viewer gets it: float32 in [0, 1].
struct MethodVideo {
  std::string name;   ///< "restoration", "pseudo_inverse", ...
  std::string label;  ///< in words
  Tensor frames;
};

/// Metric name to value, for one method.
using MethodMetrics = std::vector<std::pair<std::string, MetricValue>>;

struct ReportInputs {
  const Experiment& experiment;
  const DataTerm& data;
  Tensor y, picture;                      ///< what was measured, and how it looks
  std::vector<MeasuredPart> parts;        ///< the same, a stack in its parts
  std::vector<TraceEntry> trace;
  std::vector<MethodVideo> videos;        ///< methods, the restoration first
  std::vector<MethodMetrics> metrics;     ///< one for each method; empty without a truth
  std::vector<LawReport> laws;
  std::vector<std::pair<std::string, std::string>> hashes;
  std::vector<std::string> notes;
  std::pair<int, int> network_calls{0, 0};  ///< applications of the video and the image prior
  Tensor deviation;                         ///< standard deviation of a series; else undefined
  std::optional<Calibration> calibration;   ///< of a series with a known truth
  std::vector<StageMeter::Stage> stages;
  double seconds = 0;
};

/// The metrics of the spec for every method against the truth (both clamped to [0, 1]).
std::vector<MethodMetrics> evaluate_methods(const ReportInputs& inputs);

/// The document of reports/report_schema.hpp.
Json report_json(const ReportInputs& inputs);

/// Frames side by side, error maps and x-t slices.
std::vector<Figure> report_figures(const ReportInputs& inputs);

/// {"passed": ..} rows of laws, as the report holds them.
Json laws_json(const std::vector<LawReport>& laws);

}  // namespace lvtino
