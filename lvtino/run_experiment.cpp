#include <filesystem>

#include "lvtino/checkpoint.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/progress.hpp"
#include "lvtino/core/sha256.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/experiment_report.hpp"
#include "lvtino/interpolation.hpp"
#include "lvtino/measurement_report.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/video_writer.hpp"
#include "reports/report_writer.hpp"
#include "validation/interval_laws.hpp"
#include "validation/noise_laws.hpp"
#include "validation/operator_laws.hpp"
#include "validation/prox_laws.hpp"

namespace lvtino {
namespace fs = std::filesystem;

namespace {

// Trace, progress, meters, checkpoints and intermediates of one run.
class RunObserver final : public SeriesObserver {
 public:
  RunObserver(const Experiment& experiment, const RunOptions& options, const std::string& folder,
              const CheckpointFolder& checkpoints, std::vector<TraceEntry> trace)
      : experiment_(experiment),
        options_(options),
        folder_(folder),
        checkpoints_(checkpoints),
        progress_(options.progress),
        trace_(std::move(trace)) {}

  void begin_sample(int sample) override { sample_ = sample; }

  void begin(int step, const std::string& part) override {
    if (options_.interrupted()) throw Interrupted("interrupted");
    const auto steps = double(experiment_.plan.sampler.steps.size());
    const int samples = experiment_.plan.samples;
    const std::string which = samples > 1 ? text(": sample ", sample_ + 1, " of ", samples, ", step ") : ": step ";
    progress_.show((sample_ + double(step) / steps) / samples,
                   text(experiment_.clip, which, step + 1, " of ", steps, ", ", part));
    reset_peak_memory();
  }

  void after(const TraceEntry& entry, const Tensor& x) override {
    trace_.push_back(entry);
    account(entry);
    if (experiment_.output.intermediates == "parts") {
      std::string part = entry.part;
      std::replace(part.begin(), part.end(), ' ', '_');
      keep(text(prefix(), "step_", entry.step, "_", part), x);
    }
    if (options_.interrupted()) throw Interrupted("interrupted");
  }

  void checkpoint_series(const SeriesState& state) override {
    const int step = state.inside.next_step;
    if (experiment_.output.intermediates == "steps" && step > 0)
      keep(text(prefix(), "step_", step - 1), state.inside.x);
    if (experiment_.output.checkpoints) checkpoints_.save({state, trace_});
  }

  const std::vector<TraceEntry>& trace() const { return trace_; }
  const std::vector<StageMeter::Stage>& stages() const { return stages_; }
  void done() { progress_.clear(); }

 private:
  std::string prefix() const { return sample_ == 0 ? "" : text("sample_", sample_, "_"); }

  void account(const TraceEntry& entry) {
    for (auto& stage : stages_)
      if (stage.name == entry.part) {
        stage.calls += 1, stage.seconds += entry.seconds;
        stage.processor_seconds += entry.processor_seconds;
        stage.peak_bytes = std::max(stage.peak_bytes, peak_resident_bytes());
        return;
      }
    stages_.push_back({entry.part, 1, entry.seconds, entry.processor_seconds, peak_resident_bytes()});
  }

  void keep(const std::string& name, const Tensor& x) const {
    const fs::path folder = fs::path(folder_) / "intermediates";
    make_folder(folder.string());
    write_npy((folder / (name + ".npy")).string(), x);
  }

  const Experiment& experiment_;
  const RunOptions& options_;
  std::string folder_;
  const CheckpointFolder& checkpoints_;
  Progress progress_;
  std::vector<TraceEntry> trace_;
  std::vector<StageMeter::Stage> stages_;
  int sample_ = 0;
};

// Fails before hours of work, not after them.
void require_writable(const std::string& folder) {
  make_folder(folder);
  const AtomicFile probe((fs::path(folder) / "report.json").string());
}

std::vector<LawReport> quick_laws(const Experiment& experiment, const DataTerm& term, const Tensor& x0) {
  const Plan& plan = experiment.plan;
  const Rng rng = experiment.rng().fork("laws");
  std::vector<LawReport> laws = {adjointness(*plan.model->linear(), rng)};
  if (const auto* data = dynamic_cast<const DataProx*>(&term)) {
    laws.push_back(data_prox_stationarity(*data, x0, plan.sampler.steps.front().delta));
    if (experiment.video_is_truth)
      laws.push_back(noise_power(*plan.noise, data->measurement(),
                                 experiment.video.frames.to(plan.placement.dtype)));
  }
  if (const auto* intervals = dynamic_cast<const IntervalTerm*>(&term))
    laws.push_back(feasible_projection(*intervals, x0, rng));
  return laws;
}

// Frames as a viewer gets them. The iterate itself is never clamped.
Tensor displayed(const Tensor& x) { return x.to(at::kFloat).clamp(0, 1).contiguous(); }

void save_videos(const Experiment& experiment, const std::string& folder,
                 const std::vector<MethodVideo>& videos) {
  for (const std::string& name : experiment.output.save)
    for (const MethodVideo& video : videos) {
      if (video.name != name && video.name.rfind(name + "_", 0) != 0) continue;  // or a part of it
      for (const std::string& format : experiment.output.formats) {
        const std::string file = format == "frames" ? video.name + "/" : video.name + "." + format;
        const std::string path = (fs::path(folder) / file).string();
        if (format == "npy" && name == "measurement") {  // any number of channels
          write_npy(path, video.frames);
          continue;
        }
        const Tensor frames = name == "measurement" ? shown_frames(video.frames) : video.frames;
        if (!frames.defined()) continue;
        const double rate = experiment.video.frames_per_second * double(video.frames.size(2)) /
                            double(experiment.plan.domain[2]);
        write_video(path, frames, rate);
      }
    }
}

std::vector<MethodVideo> baseline_videos(const Experiment& experiment, const Tensor& picture,
                                         const Tensor& x0, std::vector<std::string>& notes) {
  std::vector<MethodVideo> out;
  for (const std::string& name : experiment.baselines) {
    if (name == "pseudo_inverse") {
      out.push_back({name, experiment.plan.model->start_label(), displayed(x0)});
      continue;
    }
    const auto separable = std::dynamic_pointer_cast<const SeparableOperator>(experiment.plan.op);
    if (experiment.plan.op->name() == "identity" && experiment.plan.model->range() != experiment.plan.domain)
      continue;  // nothing to interpolate: the start is that picture
    if (separable)
      out.push_back({name, "bicubic, frames repeated",
                     displayed(interpolate_measurement(*separable, picture))});
    else
      notes.push_back("No interpolation baseline: the operator is not separable.");
  }
  return out;
}

void add_series(const RunningMoments& moments, ReportInputs& report) {
  const Experiment& experiment = report.experiment;
  report.deviation = moments.standard_deviation();
  report.hashes.emplace_back("mean", digest(moments.mean));
  report.hashes.emplace_back("standard_deviation", digest(report.deviation));
  report.videos.push_back(
      {"mean", text("mean of ", moments.count, " samples"), displayed(moments.mean)});
  if (experiment.video_is_truth)
    report.calibration =
        calibrate(moments, experiment.video.frames.to(experiment.plan.placement.dtype));
}

}  // namespace

RunResult run_experiment(const Experiment& experiment, const RunOptions& options) {
  const Clock clock;
  RunResult out;
  out.folder = options.output.empty() ? experiment.output.folder : options.output;
  require_writable(out.folder);
  const std::string text_of_spec = experiment.resolved.dump();
  const CheckpointFolder checkpoints((fs::path(out.folder) / "checkpoint").string(),
                                     Sha256().update(text_of_spec.data(), text_of_spec.size()).hex());

  StageMeter meter;
  const MeasurementModel& model = *experiment.plan.model;
  const Tensor y = meter.measure("measurement", [&] { return experiment.measured(); });
  const Tensor picture = model.picture(y);
  const auto data = meter.measure("factors", [&] { return model.data_term(y); });
  const Sampler sampler(experiment.plan.video, experiment.plan.image, experiment.plan.data_step(data),
                        experiment.plan.joint_prox(data), experiment.plan.sampler);
  const Start& first = *experiment.plan.first;
  const SolveSummary start = meter.measure("start", [&] { return first.first(model, y); });
  const Tensor& x0 = start.x;

  Checkpoint from{.series = {.inside = {.x = x0}}};
  if (options.resume)
    if (auto saved = checkpoints.load()) from = std::move(*saved);
  RunObserver observer(experiment, options, out.folder, checkpoints, from.trace);
  const int samples = experiment.plan.samples;
  const SeriesState series =
      run_series(sampler, x0, samples, experiment.rng(), std::move(from.series), observer);
  out.restoration = series.first;
  observer.done();

  ReportInputs report{.experiment = experiment, .data = *data, .y = y, .picture = picture, .parts = measured_parts(model, y), .trace = observer.trace()};
  if (const std::string reason = experiment.plan.joint_refusal(); !reason.empty())
    report.notes.push_back(text("The CPU computed the joint proxes: ", reason, "."));
  if (!start.ok())
    report.notes.push_back(text("The start is not the ", first.label(model), ": ", to_string(start.why), ", ", start.message, "."));
  // What the measurement model starts from is a baseline, whatever the sampler starts from.
  const Tensor own_start = first.is_models_own() ? x0 : meter.measure("baseline", [&] { return model.start(y).x; });
  const std::string name = experiment.plan.sampler.parts.empty() ? "LVTINO" : "restoration";
  report.hashes = {{"measurement", digest(y)}, {"restoration", digest(out.restoration)}};
  report.videos.push_back(
      {"restoration", samples > 1 ? text(name, ", one sample") : name, displayed(out.restoration)});
  if (samples > 1) add_series(series.moments, report);
  for (MethodVideo& video : baseline_videos(experiment, picture, own_start, report.notes))
    report.videos.push_back(std::move(video));
  report.laws = meter.measure("laws", [&] { return quick_laws(experiment, *data, x0); });
  report.network_calls = {sampler.video_evaluations(), sampler.image_evaluations()};
  std::vector<MethodVideo> kept = report.videos;
  if (samples > 1)
    kept.push_back({"standard_deviation", "standard deviation", report.deviation.to(at::kFloat)});
  for (const MeasuredPart& part : report.parts)
    kept.push_back({part.name, part.label, displayed(part.values)});
  if (experiment.video_is_truth) kept.push_back({"truth", "ground truth", displayed(experiment.video.frames)});
  meter.measure("metrics", [&] { report.metrics = evaluate_methods(report); });
  meter.measure("videos", [&] { save_videos(experiment, out.folder, kept); });
  report.stages = observer.stages();
  for (const auto& stage : meter.stages()) report.stages.push_back(stage);
  report.seconds = clock.seconds();
  out.report = report_json(report);
  write_report(out.folder, out.report, report_figures(report));
  checkpoints.remove();
  return out;
}

}  // namespace lvtino
