#include "lvtino/training/training_spec.hpp"

#include <nlohmann/json.hpp>

namespace lvtino::training {
namespace {

std::vector<std::int64_t> whole_numbers(const SpecReader& reader, const char* key, const char* doc,
                                        const std::vector<double>& fallback) {
  std::vector<std::int64_t> out;
  for (double value : reader.numbers(
           key,
           {.doc = doc, .fallback = fallback, .least = 1, .most = 8, .low = 1, .high = 1024})) {
    if (value != std::floor(value)) throw reader.error(key, "expected whole numbers");
    out.push_back(std::int64_t(value));
  }
  return out;
}

nn::PyramidConfig read_network_config(const SpecReader& reader) {
  nn::PyramidConfig config;
  config.temporal =
      reader.flag("temporal", {.doc = "blocks join frames: a video model", .fallback = true});
  config.widths = whole_numbers(reader, "widths", "features a level", {48, 96, 128, 160});
  config.blocks = whole_numbers(reader, "blocks", "residual blocks a level", {2, 2, 2, 3});
  if (config.blocks.size() != config.widths.size())
    throw reader.error("blocks", text("expected ", config.widths.size(), " numbers, one a level"));
  config.embedding = reader.integer(
      "embedding", {.doc = "features of the noise level", .fallback = 64, .low = 1, .high = 1024});
  return config;
}

std::int64_t extent(const SpecReader& reader, const char* key, const char* doc,
                    std::int64_t fallback, std::int64_t high = 4096) {
  return reader.integer(key, {.doc = doc, .fallback = fallback, .low = 1, .high = high});
}

DataSpec read_data(const SpecReader& reader) {
  DataSpec data;
  data.folder = reader.string(
      "folder", {.doc = "of clips to train on; empty: the procedural world", .fallback = ""});
  const SpecReader clip = reader.child(
      "clip", "size of a procedural clip, or of what is read of a file", Json::object());
  data.clip.frames = extent(clip, "frames", "of a clip", data.clip.frames);
  data.clip.height = extent(clip, "height", "of a clip", data.clip.height);
  data.clip.width = extent(clip, "width", "of a clip", data.clip.width);
  data.kept = extent(reader, "kept", "clips held at a time", data.kept, 1024);
  data.clip_every = extent(reader, "clip_every", "steps until the oldest clip is replaced",
                           data.clip_every, 100000);
  const SpecReader crop = reader.child("crop", "size of an example", Json::object());
  data.frames = extent(crop, "frames", "frames of a crop; of an image model: crops", data.frames);
  data.height = extent(crop, "height", "of a crop", data.height);
  data.width = extent(crop, "width", "of a crop", data.width);
  if (data.height > data.clip.height || data.width > data.clip.width)
    throw crop.error(
        "", text("expected at most the size of a clip, ", data.clip.height, "x", data.clip.width));
  return data;
}

PhaseSpec read_phase(const SpecReader& reader, std::int64_t steps, double rate) {
  PhaseSpec phase;
  phase.steps = reader.integer(
      "steps", {.doc = "of the optimizer", .fallback = steps, .low = 0, .high = 100000000});
  phase.examples = extent(reader, "examples", "crops a step", phase.examples);
  phase.learning_rate = reader.number(
      "learning_rate",
      {.doc = "of Adam, its peak", .fallback = rate, .low = 0, .high = 1, .above_low = true});
  phase.average_decay =
      reader.number("average_decay", {.doc = "of the running average of the weights",
                                      .fallback = phase.average_decay,
                                      .low = 0,
                                      .high = 1});
  return phase;
}

}  // namespace

TrainingSpec read_training_spec(const SpecReader& reader) {
  TrainingSpec spec;
  spec.name = reader.string("name", {.doc = "of the model", .fallback = "model"});
  spec.seed = std::uint64_t(
      reader.integer("seed", {.doc = "of all random numbers", .fallback = 0, .low = 0}));
  spec.network =
      read_network_config(reader.child("network", "the pyramid network", Json::object()));
  const SpecReader range =
      reader.child("noise", "levels sigma = noise / signal, latent units", Json::object());
  spec.range.low =
      range.number("low", {.doc = "least", .fallback = spec.range.low, .low = 1e-4, .high = 10});
  spec.range.high = range.number("high", {.doc = "most",
                                          .fallback = spec.range.high,
                                          .low = spec.range.low,
                                          .high = 100,
                                          .above_low = true});
  spec.data = read_data(reader.child("data", "examples", Json::object()));
  if (spec.network.temporal && spec.data.frames > spec.data.clip.frames)
    throw reader.error("data", text("a crop of ", spec.data.frames,
                                    " frames does not fit clips of ", spec.data.clip.frames));
  const std::int64_t multiple = 2 * spec.network.stride();
  if (spec.data.height % multiple != 0 || spec.data.width % multiple != 0)
    throw reader.error("data",
                       text("expected crops whose height and width are multiples of ", multiple));
  spec.teacher =
      read_phase(reader.child("teacher", "flow matching: a posterior mean at every noise level",
                              Json::object()),
                 6000, 1e-3);
  const SpecReader student =
      reader.child("student", "consistency distillation of the teacher", Json::object());
  spec.student = read_phase(student, 2000, 3e-4);
  spec.levels = student.integer(
      "levels",
      {.doc = "noise levels of the distillation", .fallback = 12, .low = 2, .high = 1000});
  spec.initial = reader.string(
      "initial", {.doc = "weights to start the teacher from; empty: fresh ones", .fallback = ""});
  spec.compute =
      reader.choice("compute", {.doc = "arithmetic of the network; its weights are float32",
                                .choices = {"float32", "bfloat16"},
                                .fallback = "float32"}) == "bfloat16"
          ? at::kBFloat16
          : at::kFloat;
  spec.device =
      reader.choice("device", {.doc = "of the networks and their training; cuda: the first GPU",
                               .choices = {"cpu", "cuda"},
                               .fallback = "cpu"});
  const SpecReader validation =
      reader.child("validation", "on clips that training never sees", Json::object());
  spec.report_every =
      extent(validation, "every", "steps between validations", spec.report_every, 1000000);
  spec.validation_clips =
      extent(validation, "clips", "procedural clips", spec.validation_clips, 1000);
  spec.validation_sigmas =
      validation.numbers("sigmas", {.doc = "noise levels",
                                    .fallback = std::vector<double>{0.05, 0.1, 0.2, 0.5, 1},
                                    .least = 1,
                                    .most = 32,
                                    .low = 1e-4,
                                    .high = spec.range.high});
  spec.output = reader.string("output", {.doc = "folder of weights, checkpoint and report",
                                         .fallback = "results/training/" + spec.name});
  reader.finish();
  Json resolved = reader.resolved();
  resolved.erase("output");  // where results are kept is no part of them
  spec.resolved = resolved.dump(2);
  return spec;
}

}  // namespace lvtino::training
