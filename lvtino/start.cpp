#include "lvtino/start.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/interpolation.hpp"
#include "lvtino/video_source.hpp"
#include "solvers/fixed_conjugate_gradient.hpp"

namespace lvtino {
namespace {

class PseudoInverse final : public Start {
 public:
  explicit PseudoInverse(const SpecReader& spec)
      : cutoff_(spec.number("cutoff",
                            {.doc = "singular values below this part of the largest count as 0",
                             .fallback = 1e-3,
                             .low = 0,
                             .high = 1})) {}
  SolveSummary first(const MeasurementModel& model, const Tensor& y) const override {
    return model.start(y);
  }
  bool is_models_own() const override { return true; }
  std::string label(const MeasurementModel& model) const override { return model.start_label(); }
  double cutoff() const override { return cutoff_; }

 private:
  double cutoff_;
};

std::vector<double> read_clamp(const SpecReader& spec) {
  const auto bounds =
      spec.numbers("clamp", {.doc = "[low, high] that it is cut to; empty: nothing is",
                             .fallback = std::vector<double>{},
                             .most = 2});
  if (!bounds.empty() && (bounds.size() != 2 || !(bounds[0] < bounds[1])))
    throw spec.error("clamp", "expected [low, high] with low < high, or []");
  return bounds;
}

class Tikhonov final : public Start {
 public:
  explicit Tikhonov(const SpecReader& spec, const StartContext& context)
      : weight_(spec.number("weight", {.doc = "w in min w/2 |A x - y|^2 + |x - level|^2/2",
                                       .fallback = 200.0,
                                       .low = 0,
                                       .high = 1e12,
                                       .above_low = true})),
        level_(
            spec.number("level", {.doc = "grey that it is drawn to; the published code: 0, black",
                                  .fallback = 0.5,
                                  .low = -10,
                                  .high = 10})),
        clamp_(read_clamp(spec)),
        rounding_(rounding_named(spec.choice(
            "arithmetic",
            {.doc = "none: exact; bfloat16: conjugate gradients rounded at every operation",
             .choices = rounding_names(),
             .fallback = "none"}))) {
    if (rounding_ == Rounding::none) return;
    if (!context.linear)
      throw spec.error("arithmetic", "expected none: the measurement is not linear");
    if (level_ != 0) throw spec.error("level", "expected 0 with rounded arithmetic");
  }
  SolveSummary first(const MeasurementModel& model, const Tensor& y) const override {
    SolveSummary out = rounding_ == Rounding::none
                           ? model.tikhonov(y, weight_, level_)
                           : rounded_tikhonov(*model.linear(), y, weight_, rounding_);
    if (!clamp_.empty()) out.x = out.x.clamp(clamp_[0], clamp_[1]);
    return out;
  }
  std::string label(const MeasurementModel&) const override {
    return text("Tikhonov, weight ", weight_, ", towards ", level_);
  }

 private:
  double weight_, level_;
  std::vector<double> clamp_;
  Rounding rounding_;
};

class Interpolation final : public Start {
 public:
  Interpolation(const SpecReader& spec, const StartContext& context)
      : op_(std::dynamic_pointer_cast<const SeparableOperator>(context.op)) {
    if (!op_ || !context.linear)
      throw spec.error(
          "type", text("expected a separable operator and y = A x + n, got ", context.op->name()));
    const auto choice = [&](const char* key, const char* doc, std::vector<std::string> choices) {
      const std::string first = choices.front();
      return spec.choice(key, {.doc = doc, .choices = std::move(choices), .fallback = first});
    };
    rule_.space = choice("space", "between pixels", {"bicubic", "bilinear"}) == "bicubic"
                      ? InterpolationRule::Kernel::bicubic
                      : InterpolationRule::Kernel::bilinear;
    rule_.time = choice("time", "between frames", {"linear", "repeat"}) == "linear"
                     ? InterpolationRule::Kernel::bilinear
                     : InterpolationRule::Kernel::nearest;
    rule_.block_centres =
        choice("alignment",
               "pixels of y lie where the operator is centred, or in the middle of blocks whatever "
               "the operator (the published Problem C: 3 pixels off)",
               {"operator", "block"}) == "block";
  }
  SolveSummary first(const MeasurementModel&, const Tensor& y) const override {
    return {.x = interpolate_measurement(*op_, y, rule_)};
  }
  std::string label(const MeasurementModel&) const override { return "interpolation"; }

 private:
  std::shared_ptr<const SeparableOperator> op_;
  InterpolationRule rule_;
};

class FromFile final : public Start {
 public:
  FromFile(const SpecReader& spec, const StartContext& context) {
    const Tensor frames =
        read_video(spec.child("source", "the video, as that of a clip"), spec.path(".")).frames;
    const LinearOperator& a = *context.op;
    if (shape_of(frames) != a.domain())
      throw spec.error("source", text("expected a video ", to_string(a.domain()), ", got ",
                                      to_string(shape_of(frames))));
    const std::string found = digest(frames);
    const std::string given = spec.string(
        "sha256",
        {.doc = "of the frames as they were read; entered into the resolved spec", .fallback = ""});
    if (!given.empty() && given != found)
      throw spec.error("sha256", text("the frames have ", found));
    spec.resolve("sha256", found);
    frames_ = frames.to(a.placement().dtype);
  }
  SolveSummary first(const MeasurementModel&, const Tensor&) const override {
    return {.x = frames_.clone()};
  }
  std::string label(const MeasurementModel&) const override { return "video from a file"; }

 private:
  Tensor frames_;
};

template <class T>
StartPtr make(const SpecReader& spec, const StartContext& context) {
  if constexpr (std::is_constructible_v<T, const SpecReader&, const StartContext&>)
    return std::make_shared<T>(spec, context);
  else
    return std::make_shared<T>(spec);
}

}  // namespace

const Registry<StartFactory>& start_table() {
  static const Registry<StartFactory> table(
      "start",
      {{"pseudo_inverse", "A^+ y; what the file decodes to where the measurement is not linear",
        R"({"type": "pseudo_inverse"})", make<PseudoInverse>},
       {"tikhonov", "min w/2 |A x - y|^2 + |x - level|^2/2",
        R"({"type": "tikhonov", "weight": 200})", make<Tikhonov>},
       {"interpolation",
        "y interpolated, in phase with the operator: bicubic in space, linear in time",
        R"({"type": "interpolation"})", make<Interpolation>},
       {"file", "a video",
        R"({"type": "file", "source": {"type": "procedural", "frames": 5, "height": 16, "width": 16}})",
        make<FromFile>}});
  return table;
}

SolveSummary rounded_tikhonov(const LinearOperator& a, const Tensor& y, double weight,
                              Rounding rounding) {
  constexpr int kIterations = 100;
  constexpr double kStop = 1e-6;
  const auto normal = [&](const Tensor& x) {
    return a.adjoint_add(x, weight, rounded(a.apply(x), rounding));
  };
  const Tensor b = a.adjoint(rounded(y, rounding)).mul_(weight);
  return fixed_conjugate_gradient(
      normal, b, at::zeros(a.domain(), a.placement().options()),
      {.iterations = kIterations, .absolute_stop = kStop, .rounding = rounding});
}

}  // namespace lvtino
