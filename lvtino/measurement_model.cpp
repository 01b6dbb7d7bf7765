#include "lvtino/measurement_model.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "operators/composed_operator.hpp"
#include "operators/noise_table.hpp"
#include "operators/quantizer.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/interval_term.hpp"
#include "solvers/lsmr.hpp"
#include "solvers/published_landweber.hpp"

namespace lvtino {
namespace {

bool is_identity(const LinearOperator& a) { return a.name() == "identity"; }

std::string named(const MeasurementContext& context, const std::string& what) {
  return is_identity(*context.op) ? what : text(context.op->name(), " and ", what);
}

// Noise enters the video: y = Q(A (x + n)).
Tensor noisy(const Tensor& x, double sigma, const Rng& rng) {
  if (sigma == 0) return x;
  return x + rng.normal(shape_of(x), placement_of(x)) * sigma;
}

class LinearModel final : public MeasurementModel {
 public:
  explicit LinearModel(const MeasurementContext& c)
      : MeasurementModel(c.op->name(), c.op->range(), c.sigma),
        context_(c),
        noise_(c.noise ? c.noise : gaussian_noise(c.sigma)) {}
  Tensor forward(const Tensor& x) const override { return context_.op->apply(x); }
  Tensor simulate(const Tensor& x, const Rng& rng) const override {
    return noise_->draw(forward(x), rng);
  }
  std::shared_ptr<const DataTerm> data_term(const Tensor& y) const override {
    return std::make_shared<DataProx>(Measurement(context_.op, y, noise_->data_sigma(y)),
                                      context_.conjugate_gradient, context_.fallback);
  }
  SolveSummary start(const Tensor& y) const override {
    return least_squares(context_.op, y, context_.start_cutoff,
                         context_.conjugate_gradient);
  }
  SolveSummary tikhonov(const Tensor& y, double weight, double level) const override {
    const DataProx term(Measurement(context_.op, y, 1), context_.conjugate_gradient, context_.fallback);
    return term.solve(at::full(context_.op->domain(), level, context_.op->placement().options()), weight);
  }
  std::string noise_words() const override { return noise_->words(); }
  bool is_linear() const override { return true; }
  OperatorPtr linear() const override { return context_.op; }

 private:
  MeasurementContext context_;
  NoisePtr noise_;
};

class QuantizedModel final : public MeasurementModel {
 public:
  QuantizedModel(const MeasurementContext& c, std::shared_ptr<const Quantizer> quantizer)
      : MeasurementModel(named(c, "quantization"), c.op->range(), c.sigma),
        context_(c),
        quantizer_(std::move(quantizer)) {}
  Tensor forward(const Tensor& x) const override { return quantizer_->apply(x); }
  Tensor simulate(const Tensor& x, const Rng& rng) const override {
    return forward(noisy(x, sigma(), rng));
  }
  std::shared_ptr<const DataTerm> data_term(const Tensor& y) const override {
    return std::make_shared<IntervalTerm>(
        name(), make_interval_projector(quantizer_->intervals(y), context_.projection), sigma());
  }
  SolveSummary start(const Tensor& y) const override {
    return least_squares(context_.op, quantizer_->linearised(y), context_.start_cutoff,
                         context_.conjugate_gradient);
  }
  OperatorPtr linear() const override { return context_.op; }

 private:
  MeasurementContext context_;
  std::shared_ptr<const Quantizer> quantizer_;
};

class JpegModel final : public MeasurementModel {
 public:
  JpegModel(const MeasurementContext& c, JpegCodec codec, double slack, double width)
      : MeasurementModel(named(c, "JPEG"), codec.transform()->range(), c.sigma),
        context_(c),
        codec_(std::move(codec)),
        slack_(slack),
        width_(width),
        linear_(is_identity(*c.op) ? OperatorPtr(codec_.transform()) : compose({c.op, codec_.transform()})) {}
  Tensor forward(const Tensor& x) const override { return codec_.encode(context_.op->apply(x)); }
  Tensor simulate(const Tensor& x, const Rng& rng) const override {
    return forward(noisy(x, sigma(), rng));
  }
  std::shared_ptr<const DataTerm> data_term(const Tensor& y) const override {
    const Intervals set = codec_.intervals(y, slack_, width_);
    return std::make_shared<IntervalTerm>(
        name(), make_interval_projector(Intervals(linear_, set.lower, set.upper), context_.projection),
        sigma());
  }
  SolveSummary start(const Tensor& y) const override {
    return least_squares(context_.op, codec_.decode(y), context_.start_cutoff,
                         context_.conjugate_gradient);
  }
  std::string start_label() const override {
    return is_identity(*context_.op) ? "decoded JPEG" : "pseudo-inverse of the decoded JPEG";
  }
  Tensor picture(const Tensor& y) const override { return codec_.decode(y); }
  OperatorPtr linear() const override { return linear_; }

 private:
  MeasurementContext context_;
  JpegCodec codec_;
  double slack_, width_;
  OperatorPtr linear_;
};

// Files made from (x + 1)/2, decoded to [-1, 1]: what happens to pixels in [0, 1] that are taken for [-1, 1].
class HalfContrast final : public ForwardModel {
 public:
  explicit HalfContrast(std::shared_ptr<const ForwardModel> whole)
      : ForwardModel("half contrast", whole->domain(), whole->range(), whole->placement()), whole_(std::move(whole)) {}

 private:
  Tensor do_apply(const Tensor& x) const override { return whole_->apply(at::add(x, 1).div_(2)).mul_(2).sub_(1); }

  std::shared_ptr<const ForwardModel> whole_;
};

class PublishedModel final : public MeasurementModel {
 public:
  PublishedModel(const MeasurementContext& c, const JpegCodec& codec, int iterations, bool half_contrast, NoisePtr after)
      : MeasurementModel("JPEG (published rule)", c.op->domain(), c.sigma),
        linear_(codec.transform()),
        trip_(std::make_shared<JpegRoundTrip>(codec)),
        simulated_(half_contrast ? std::make_shared<HalfContrast>(trip_) : trip_),
        iterations_(iterations),
        low_(half_contrast ? -1 : 0),
        after_(std::move(after)) {}
  Tensor forward(const Tensor& x) const override { return simulated_->apply(x); }
  Tensor simulate(const Tensor& x, const Rng& rng) const override {
    const Tensor y = forward(noisy(x, sigma(), rng).clamp(low_, 1));
    return after_ ? after_->draw(y, rng.fork("after")) : y;
  }
  std::shared_ptr<const DataTerm> data_term(const Tensor& y) const override {
    return std::make_shared<PublishedLandweber>(trip_, y, sigma(), iterations_);
  }
  SolveSummary start(const Tensor& y) const override { return {.x = y.clone()}; }
  SolveSummary tikhonov(const Tensor& y, double weight, double level) const override {
    const PublishedLandweber rule(simulated_, y, 1, iterations_, {-1, 1});
    return rule.solve(at::full(trip_->domain(), level, trip_->placement().options()), weight);
  }
  std::string start_label() const override { return "decoded JPEG"; }
  OperatorPtr linear() const override { return linear_; }

 private:
  OperatorPtr linear_;
  std::shared_ptr<const ForwardModel> trip_, simulated_;
  int iterations_;
  double low_;  // end of the range that pixels are taken to have
  NoisePtr after_;
};

MeasurementModelPtr read_gaussian(const SpecReader& spec, const MeasurementContext& c) {
  if (!(c.sigma > 0)) throw spec.error("", "a gaussian measurement needs noise.sigma > 0");
  return linear_model(c);
}

MeasurementModelPtr read_quantization(const SpecReader& spec, const MeasurementContext& c) {
  const std::int64_t bits = spec.integer(
      "bits", {.doc = "of a value: 2^bits levels from 0 to 1; 0: not quantised", .fallback = 8, .low = 0, .high = 16});
  const bool saturates = spec.flag("saturates", {.doc = "values end at 0 and 1", .fallback = true});
  const std::string kind = spec.choice("curve", {.doc = "tone curve before quantisation",
                                                 .choices = {"linear", "gamma", "shoulder"},
                                                 .fallback = "linear"});
  const double gamma = spec.number("gamma", {.doc = "of the gamma curve: x^(1/gamma), its tangent below 1/64",
                                             .fallback = 2.2, .low = 1, .high = 10});
  const double knee = spec.number("knee", {.doc = "of the shoulder: linear below, saturating at 1 above",
                                           .fallback = 0.8, .low = 0, .high = 0.99});
  if (bits == 0 && c.sigma == 0)
    throw spec.error("bits", "values that are not quantised need noise.sigma > 0");
  const auto curve = kind == "linear" ? linear_curve() : kind == "gamma" ? gamma_curve(gamma) : shoulder_curve(knee);
  const double step = bits == 0 ? 0 : 1 / (std::pow(2.0, double(bits)) - 1);
  return std::make_shared<QuantizedModel>(
      c, std::make_shared<Quantizer>(c.op, curve, Quantizer::Options{step, saturates}));
}

JpegCodec read_codec(const SpecReader& spec, const MeasurementContext& c) {
  const int quality = int(spec.integer("quality", {.doc = "libjpeg's quality of the simulated files",
                                                   .fallback = 75, .low = 1, .high = 100}));
  const std::string sampling = spec.choice("subsampling", {.doc = "of the chroma of the simulated files",
                                                           .choices = {"444", "422", "420"},
                                                           .fallback = "420"});
  const Shape& seen = c.op->range();
  const auto transform = std::make_shared<JpegTransform>(
      seen, c.op->placement(), JpegLayout(seen[3], seen[4], JpegColor::ycc, jpeg_factors(sampling)));
  return JpegCodec(transform, standard_steps(*transform, quality));
}

JpegCodec codec_of_files(const SpecReader& spec, const MeasurementContext& c) {
  const Shape seen = {1, 3, c.jpeg->frames(), c.jpeg->layout.height, c.jpeg->layout.width};
  if (c.op->range() != seen)
    throw spec.error("", text("the files hold ", to_string(seen), ", the operator gives ", to_string(c.op->range())));
  return c.jpeg->codec(c.op->placement());
}

MeasurementModelPtr read_jpeg(const SpecReader& spec, const MeasurementContext& c) {
  const JpegCodec codec = c.jpeg ? codec_of_files(spec, c) : read_codec(spec, c);
  const double slack = spec
                           .number_if("slack", {.doc = "added to both sides of an interval, levels of 0 .. 255; left out: 1 for files (rounding inside libjpeg), 0 for a simulation",
                                                .low = 0, .high = 1000})
                           .value_or(c.jpeg ? kLibjpegSlack : 0);
  spec.resolve("slack", slack);
  const double width = spec.number("width", {.doc = "part of each interval that is kept around its middle; 1: what the file says",
                                             .fallback = 1.0, .low = 0, .high = 1, .above_low = true});
  return std::make_shared<JpegModel>(c, codec, slack, width);
}

MeasurementModelPtr read_published(const SpecReader& spec, const MeasurementContext& c) {
  const JpegCodec codec = read_codec(spec, c);
  const int iterations = int(spec.integer("iterations", {.doc = "Landweber steps", .fallback = 10, .low = 1, .high = 10000}));
  const bool half = spec.flag("half_contrast", {.doc = "files are simulated from (x + 1)/2, and judged as if from x", .fallback = false});
  const auto after = spec.child_if("noise_after", "that the published code adds to decoded files; left out: none");
  if (!is_identity(*c.op)) throw spec.error("", "the published rule takes no operator but the identity");
  if (!(c.sigma > 0)) throw spec.error("", "the published rule needs noise.sigma > 0: its weight is gamma/sigma^2");
  return std::make_shared<PublishedModel>(c, codec, iterations, half, after ? read_noise(*after) : nullptr);
}

}  // namespace

const Registry<MeasurementFactory>& measurement_table() {
  static const Registry<MeasurementFactory> table(
      "measurement",
      {{"gaussian", "y = A x + n (the meaning of a spec that names none)", R"({"type": "gaussian"})", read_gaussian},
       {"quantization", "values of A x through a tone curve, saturated and rounded to levels",
        R"({"type": "quantization", "bits": 4, "curve": "gamma"})", read_quantization},
       {"jpeg", "JPEG frame by frame: simulated, or the coefficients of files",
        R"({"type": "jpeg", "quality": 10, "subsampling": "444"})", read_jpeg},
       {"published_landweber", "JPEG with the rule of the published code, for comparison",
        R"({"type": "published_landweber", "quality": 10, "noise_after": {"sigma": 0.001}})", read_published}});
  return table;
}

SolveSummary MeasurementModel::tikhonov(const Tensor&, double, double) const {
  throw NotSupportedError(text("a Tikhonov start needs y = A x + n, got ", name()));
}

MeasurementModelPtr linear_model(const MeasurementContext& context) {
  return std::make_shared<LinearModel>(context);
}

SolveSummary least_squares(const OperatorPtr& a, const Tensor& y, double cutoff,
                           const ConjugateGradientOptions& options) {
  if (is_identity(*a)) return {.x = y.clone()};
  if (const auto factors = a->gram_factors()) return {.x = pseudo_inverse(*a, *factors, y, cutoff)};
  return lsmr(*a, y, cutoff * estimated_norm(*a),
              {.tolerance = options.tolerance, .max_iterations = options.max_iterations});
}

}  // namespace lvtino
