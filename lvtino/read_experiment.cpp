#include <algorithm>
#include <set>

#include "lvtino/core/error.hpp"
#include "lvtino/device_check.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/video_source.hpp"
#include "validation/metric_table.hpp"

namespace lvtino {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kClipName = "[A-Za-z0-9._-]";

OutputSpec read_output(const SpecReader& spec, const std::string& name) {
  const SpecReader reader = spec.child("output", "what is kept of the run", Json::object());
  OutputSpec out;
  out.folder = reader.string("folder", {.doc = "folder of the results, relative to the working folder",
                                        .fallback = "results/" + name});
  out.save = reader.words("save", {.doc = "videos to keep beside the report",
                                   .choices = {"restoration", "measurement", "truth", "pseudo_inverse",
                                               "interpolation", "mean", "standard_deviation"},
                                   .fallback = Words{"restoration", "measurement", "truth"}});
  out.formats = reader.words("formats", {.doc = "npy (exact), mkv (lossless, 8 bit), mp4, y4m, frames (PNG)",
                                         .choices = {"npy", "mkv", "mp4", "y4m", "frames"},
                                         .fallback = Words{"npy", "mp4"},
                                         .least = 1});
  out.intermediates = reader.choice("intermediates", {.doc = "keep the iterate after each step or part (.npy)",
                                                      .choices = {"none", "steps", "parts"},
                                                      .fallback = "none"});
  out.checkpoints = reader.flag("checkpoints", {.doc = "keep the last whole step on disk for --resume",
                                                .fallback = true});
  return out;
}

// The spec with this clip as its only one: what a clip's result is a function of.
Json only_clip(const Json& document, const std::string& clip) {
  Json out = document;
  if (!out.is_object() || !out.contains("clips") || !out["clips"].is_array()) return out;
  Json kept = Json::array();
  for (const Json& entry : document["clips"])
    if (entry.is_object() && entry.value("name", Json()) == Json(clip)) kept.push_back(entry);
  out["clips"] = kept;
  return out;
}

Shape read_domain(const SpecReader& clip, const Video& video, bool truth, bool jpeg) {
  const auto size = clip.numbers("domain", {.doc = "frames, height and width of the restored video; for a measured clip",
                                            .fallback = std::vector<double>{}, .least = 0, .most = 3, .low = 1,
                                            .high = 1 << 20});
  if (truth || (jpeg && size.empty())) return shape_of(video.frames);
  if (size.size() != 3)
    throw clip.error("domain", "a measured clip needs the size of the restored video: [frames, height, width]");
  return {video.frames.size(0), video.frames.size(1), std::int64_t(size[0]), std::int64_t(size[1]),
          std::int64_t(size[2])};
}

// The files behind a clip that is itself the measurement of a JPEG encoder.
std::shared_ptr<const JpegClip> measured_files(const SpecReader& spec, const Video& video, bool truth) {
  const auto measurement = spec.child_if("measurement", "what is not linear in it; left out: y = A x + n");
  if (truth || !measurement || measurement->type(measurement_table().names()) != "jpeg") return nullptr;
  if (!video.jpeg)
    throw SpecError("/clips/0/source", "a clip measured by JPEG needs a source of type \"jpeg\": decoded frames have lost the coefficients");
  return video.jpeg;
}

// A grey measurement comes with its one channel repeated in three.
Tensor measured_frames(const Tensor& frames, const Shape& range) {
  const Tensor grey = frames.narrow(1, 0, 1);
  const bool repeated = range[1] == 1 && frames.size(1) == 3 && at::equal(frames, grey.expand_as(frames));
  return repeated ? grey.contiguous() : frames;
}

Placement read_placement(const SpecReader& spec, const std::string& device, std::string& used) {
  const std::string dtype = spec.choice("dtype", {.doc = "arithmetic of the experiment",
                                                  .choices = {"float32", "float64"},
                                                  .fallback = "float32"});
  const std::string named = spec.choice("device", {.doc = "of the joint proxes; cuda: the first GPU, where it has kernels for them", .choices = {"cpu", "cuda"},
                                                   .fallback = "cpu"});
  used = device.empty() ? named : device;
  spec.resolve("device", used);
  require_device(used);
  return {dtype == "float64" ? at::kDouble : at::kFloat, at::kCPU};
}

}  // namespace

std::vector<std::string> clip_names(const SpecFile& spec) {
  const SpecReader root(spec.document);
  std::vector<std::string> names;
  for (const SpecReader& clip : root.children("clips", "videos to restore", 1, 100000)) {
    const std::string name = clip.string("name", {.doc = "of the clip"});
    if (!is_plain_name(name))
      throw clip.error("name", text("expected up to 100 characters of ", kClipName, ", got \"", name, "\""));
    if (std::find(names.begin(), names.end(), name) != names.end())
      throw clip.error("name", text("two clips are named \"", name, "\""));
    names.push_back(name);
  }
  return names;
}

Tensor Experiment::measured() const {
  if (video_is_truth) return plan.model->simulate(video.frames.to(plan.placement.dtype), rng().fork("noise"));
  return (plan.jpeg ? plan.jpeg->levels : video.frames).to(plan.placement.dtype);
}

Experiment read_experiment(const SpecFile& file, const std::string& clip_name,
                           const std::string& device) {
  const SpecReader spec(only_clip(file.document, clip_name), "", file.folder);
  Experiment out;
  out.name = spec.string("name", {.doc = "of the experiment; names its folder", .fallback = "experiment"});
  if (!is_plain_name(out.name))
    throw spec.error("name", text("expected up to 100 characters of ", kClipName, ", got \"", out.name, "\""));
  out.title = spec.string("title", {.doc = "heading of the report", .fallback = out.name});
  spec.string("preset", {.doc = "spec that this one is laid over: a name or a .json file", .fallback = ""});
  out.seed = std::uint64_t(spec.integer("seed", {.doc = "of all random numbers", .fallback = 0, .low = 0}));
  const Placement placement = read_placement(spec, device, out.device);

  const SpecReader clip = spec.children("clips", "videos to restore", 1, 1).front();
  out.clip = clip.string("name", {.doc = "of the clip"});
  out.video_is_truth = clip.choice("role", {.doc = "truth: it is degraded, restored and compared; measurement: it is y itself",
                                            .choices = {"truth", "measurement"},
                                            .fallback = "truth"}) == "truth";
  out.video = read_video(clip.child("source", "where the frames come from"), file.folder);
  const auto jpeg = measured_files(spec, out.video, out.video_is_truth);
  const Shape domain = read_domain(clip, out.video, out.video_is_truth, jpeg != nullptr);

  out.plan = read_plan(spec, domain, placement, jpeg);
  out.plan.joint.device = joint_device(out.device);
  if (!out.video_is_truth && !jpeg) out.video.frames = measured_frames(out.video.frames, out.plan.model->range());
  if (!out.video_is_truth && !jpeg && out.plan.model->range() != shape_of(out.video.frames))
    throw clip.error("domain", text("the operator maps ", to_string(domain), " to ",
                                    to_string(out.plan.op->range()), ", but the measured clip is ",
                                    to_string(shape_of(out.video.frames))));
  out.baselines = spec.words("baselines", {.doc = "methods to compare with: A^+ y; bicubic in space with frames repeated",
                                           .choices = {"pseudo_inverse", "interpolation"},
                                           .fallback = Words{"pseudo_inverse", "interpolation"}});
  out.metrics = spec.children("metrics", "how the restoration is measured", 0, 16,
                              {{{"type", "psnr"}}, {{"type", "ssim"}}});
  for (const SpecReader& metric : out.metrics) metrics().make(metric);
  out.output = read_output(spec, out.name);
  for (const std::string& name : out.output.save)
    if (out.plan.samples == 1 && (name == "mean" || name == "standard_deviation"))
      throw spec.error("output", text("to save the ", name, " takes sampler.samples of at least 2"));
  spec.finish();
  out.resolved = spec.resolved();
  out.resolved.erase("output");  // where results are kept is no part of them
  out.schema = spec.schema();
  return out;
}

}  // namespace lvtino
