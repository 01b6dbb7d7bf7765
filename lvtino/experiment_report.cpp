#include "lvtino/experiment_report.hpp"

#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <thread>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/measurement_report.hpp"
#include "lvtino/memory_report.hpp"
#include "lvtino/parts.hpp"
#include "lvtino/trace_json.hpp"
#include "priors/nn/fused.hpp"
#include "solvers/data_prox.hpp"
#include "validation/metric_table.hpp"

namespace lvtino {
namespace {

Json metric_json(const MetricValue& value, const Metric& metric) {
  return {{"whole", value.whole},
          {"per_frame", value.per_frame},
          {"averaging", metric.averaging()},
          {"higher_is_better", metric.higher_is_better()}};
}

Json methods_json(const ReportInputs& inputs) {
  Json methods = Json::array();
  for (std::size_t i = 0; i < inputs.videos.size(); ++i) {
    Json values = Json::object();
    for (std::size_t m = 0; i < inputs.metrics.size() && m < inputs.metrics[i].size(); ++m) {
      const auto metric = metrics().make(inputs.experiment.metrics[m]);
      values[inputs.metrics[i][m].first] = metric_json(inputs.metrics[i][m].second, *metric);
    }
    methods.push_back({{"name", inputs.videos[i].name}, {"label", inputs.videos[i].label}, {"metrics", values}});
  }
  return methods;
}

std::string size_of(const Shape& shape) {
  if (shape[2] == 1 && shape[3] == 1) return text(shape[4], " values");  // a flattened stack
  return text(shape[2], " frames of ", shape[4], "x", shape[3]);
}

std::string prior_words(const Plan& plan) {
  if (plan.video && plan.image)
    return text("the video prior ", plan.video->name(), " and the image prior ", plan.image->name());
  if (plan.video) return text("the video prior ", plan.video->name());
  if (plan.image) return text("the image prior ", plan.image->name());
  return "total variation alone";
}

// "Algorithm 1" or the parts in the order of their first use.
std::string steps_words(const Plan& plan) {
  const auto& parts = plan.sampler.parts;
  if (parts.empty()) return text(plan.sampler.steps.size(), " steps of LVTINO with ", prior_words(plan));
  std::vector<std::string> names;
  for (const auto& part : parts)
    if (std::find(names.begin(), names.end(), part->name()) == names.end()) names.push_back(part->name());
  std::string out = text(plan.sampler.steps.size(), " steps of ");
  for (std::size_t i = 0; i < names.size(); ++i) out += (i > 0 ? ", " : "") + names[i];
  return plan.video || plan.image ? text(out, " with ", prior_words(plan)) : out;
}

std::string sentence(const ReportInputs& inputs) {
  const Experiment& e = inputs.experiment;
  const bool truth = e.video_is_truth;
  return text(size_of(e.plan.domain), " (", e.video.origin, ") ", truth ? "were degraded by " : "were measured through ",
              e.plan.model->name(), " to ", size_of(shape_of(inputs.picture)), truth ? " with " : ", ",
              e.plan.model->noise_words(), ", and restored by ", steps_words(e.plan), " (", inputs.network_calls.first, " video and ", inputs.network_calls.second,
              " image prior evaluations", e.plan.samples > 1 ? text(" a sample, ", e.plan.samples, " samples).") : ").");
}

Json samples_json(const ReportInputs& inputs) {
  Json out = {{"count", inputs.experiment.plan.samples}};
  if (const auto& found = inputs.calibration)
    out.update({{"nominal", found->nominal}, {"factor", found->factor}, {"coverage", found->coverage},
                {"mean_standard_deviation", found->mean_deviation}, {"rmse_of_mean", found->rmse}});
  return out;
}

std::string calibration_words(const Calibration& found, int samples) {
  std::ostringstream out;
  out << std::setprecision(3) << "Calibration over " << samples << " samples: the nominal " << 100 * found.nominal
      << " % interval of a pixel (mean +- " << found.factor << " standard deviations: the prediction interval of "
      << "Student's law with " << samples - 1 << " degrees of freedom) holds the truth in " << 100 * found.coverage
      << " % of the pixels; mean standard deviation " << found.mean_deviation << ", RMSE of the mean " << found.rmse << ".";
  return out.str();
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  char buffer[32];
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

Json context_json(const ReportInputs& inputs) {
  utsname system{};
  uname(&system);
  Json stages = Json::array(), seconds = Json::array();
  for (const auto& stage : inputs.stages)
    stages.push_back({{"name", stage.name}, {"calls", stage.calls}, {"seconds", stage.seconds},
                      {"processor_seconds", stage.processor_seconds}, {"peak_bytes", stage.peak_bytes}});
  for (const TraceEntry& entry : inputs.trace) seconds.push_back(entry.seconds);
  Json out = {{"started", now()},
          {"seconds", inputs.seconds},
          {"threads", thread_count()},
          {"fused_networks", nn::is_fast()},
          {"host", {{"system", text(system.sysname, " ", system.machine)},
                    {"processor", processor()},
                    {"cores", std::thread::hardware_concurrency()}}},
          {"versions", {{"lvtino", LVTINO_VERSION}, {"compiler", __VERSION__}}},
          {"stages", stages},
          {"step_seconds", seconds}};
  out.update(memory_json(inputs.experiment.plan));
  return out;
}

std::vector<std::string> notes_of(const ReportInputs& inputs) {
  std::vector<std::string> notes = inputs.notes;
  if (inputs.experiment.video.stand_in)
    notes.insert(notes.begin(), text("The clip is a stand-in: ", inputs.experiment.video.origin, "."));
  for (const TraceEntry& entry : inputs.trace)
    if (!entry.converged)
      notes.push_back(text(entry.sample > 0 ? text("Sample ", entry.sample + 1, ", step ") : "Step ", entry.step + 1, ", ", entry.part, ", did not converge: ", entry.message, "."));
  if (inputs.calibration)
    notes.push_back(calibration_words(*inputs.calibration, inputs.experiment.plan.samples));
  notes.push_back("Frames are clamped to [0, 1] for display, files and metrics; the iterate is not.");
  return notes;
}

}  // namespace

std::vector<MethodMetrics> evaluate_methods(const ReportInputs& inputs) {
  std::vector<MethodMetrics> out;
  if (!inputs.experiment.video_is_truth) return out;
  const Tensor truth = inputs.experiment.video.frames.clamp(0, 1).contiguous();
  for (const MethodVideo& video : inputs.videos) {
    MethodMetrics values;
    for (const SpecReader& spec : inputs.experiment.metrics) {
      const auto metric = metrics().make(spec);
      values.emplace_back(metric->name(), metric->evaluate(video.frames, truth));
    }
    out.push_back(std::move(values));
  }
  return out;
}

Json laws_json(const std::vector<LawReport>& laws) {
  Json out = Json::array();
  for (const LawReport& law : laws)
    out.push_back({{"subject", law.subject}, {"law", law.law}, {"residual", law.residual},
                   {"bound", law.bound}, {"passed", law.passed}, {"witness", law.witness}});
  return out;
}

Json report_json(const ReportInputs& inputs) {
  const Experiment& e = inputs.experiment;
  Json steps = Json::array(), hashes = Json::object();
  for (const TraceEntry& entry : inputs.trace)
    if (entry.sample == 0) steps.push_back(trace_to_json(entry));
  for (const auto& [name, value] : inputs.hashes) hashes[name] = value;
  return {{"format", "lvtino-report/1"},
          {"result",
           {{"title", e.title},
            {"sentence", sentence(inputs)},
            {"spec", e.resolved},
            {"shapes", {{"domain", e.plan.domain}, {"range", e.plan.model->range()}}},
            {"measurement", measurement_json(e, inputs.data, inputs.y)},
            {"methods", methods_json(inputs)},
            {"evaluations", {{"video", inputs.network_calls.first * e.plan.samples}, {"image", inputs.network_calls.second * e.plan.samples}}},
            {"samples", samples_json(inputs)},
            {"steps", steps},
            {"laws", laws_json(inputs.laws)},
            {"hashes", hashes},
            {"notes", notes_of(inputs)}}},
          {"context", context_json(inputs)}};
}

std::vector<Figure> report_figures(const ReportInputs& inputs) {
  const Experiment& e = inputs.experiment;
  const std::int64_t frames = e.plan.domain[2], height = e.plan.domain[3], width = e.plan.domain[4];
  if (e.plan.domain[0] != 1 || e.plan.domain[1] != 3) return {};
  std::vector<MethodVideo> shown;
  const Tensor truth = e.video.frames.clamp(0, 1);
  if (e.video_is_truth) shown.push_back({"truth", "ground truth", truth});
  for (const MeasuredPart& part : inputs.parts)
    if (const Tensor picture = shown_frames(part.values); picture.defined())
      shown.push_back({part.name, part.label, picture});
  shown.insert(shown.end(), inputs.videos.begin(), inputs.videos.end());

  std::vector<Figure> figures;
  for (std::int64_t t : {frames / 4, frames / 2, (3 * frames) / 4})
    for (const MethodVideo& video : shown) {
      const std::int64_t at = t * video.frames.size(2) / frames;
      figures.push_back({text("Frame ", t), video.label,
                         scale_nearest(frame_image(video.frames, at), height, width)});
    }
  if (e.video_is_truth) {
    const Tensor reference = frame_image(truth, frames / 2);
    const double scale = error_scale(frame_image(inputs.videos.front().frames, frames / 2), reference);
    for (const MethodVideo& video : inputs.videos)
      figures.push_back({"Error maps", text(video.label, ", frame ", frames / 2, ", ", scale_caption(scale)),
                         error_map(frame_image(video.frames, frames / 2), reference, scale)});
  }
  if (inputs.deviation.defined()) {
    const Tensor values = inputs.deviation.select(0, 0).select(1, frames / 2).to(at::kFloat).mean(at::IntArrayRef{0});
    const double scale = error_scale(values.expand({3, height, width}).contiguous(), at::zeros({3, height, width}));
    figures.push_back({"Standard deviation",
                       text("of ", e.plan.samples, " samples, mean of the channels, frame ", frames / 2,
                            ", dark 0 to light ", scale, " and more"),
                       color_mapped(values.contiguous(), scale)});
  }
  const std::int64_t tall = std::max<std::int64_t>(frames, 6 * frames);
  for (const MethodVideo& video : shown)
    figures.push_back({"x-t slices", text(video.label, ", middle row, time downwards"),
                       x_t_slice(video.frames, 0.5, tall, width)});
  return figures;
}

}  // namespace lvtino
