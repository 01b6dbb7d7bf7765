// Parts that see neither prior nor data.
#include <cmath>

#include "lvtino/core/rounding.hpp"
#include "lvtino/part_factories.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino::parts {
namespace {

class ClampPart final : public Part {
 public:
  explicit ClampPart(const SpecReader& reader)
      : Part(reader),
        low_(reader.number("low", {.doc = "least value", .fallback = 0.0})),
        high_(reader.number("high", {.doc = "largest value", .fallback = 1.0})) {
    if (!(low_ < high_)) throw reader.error("high", "expected a number above low");
  }
  Tensor apply(const Tensor& x, SamplerState&, const PartContext&, TraceEntry&) const override {
    return x.clamp(low_, high_);
  }

 private:
  double low_, high_;
};

class RoundingPart final : public Part {
 public:
  explicit RoundingPart(const SpecReader& reader)
      : Part(reader),
        rounding_(rounding_named(reader.choice(
            "to",
            {.doc = "the narrower type", .choices = rounding_names(), .fallback = "bfloat16"}))),
        signed_(
            reader.choice("of", {.doc = "what is rounded: pixels in [0, 1], or 2 x - 1 in [-1, 1]",
                                 .choices = {"pixels", "signed"},
                                 .fallback = "signed"}) == "signed") {}
  Tensor apply(const Tensor& x, SamplerState&, const PartContext&, TraceEntry&) const override {
    return signed_ ? rounded(at::mul(x, 2).sub_(1), rounding_).add(1).div_(2)
                   : rounded(x, rounding_).clone();
  }

 private:
  Rounding rounding_;
  bool signed_;
};

// sigma = sqrt(scale (1 - abar)) pixels for the variance-preserving schedule of the image prior,
// its noise(t) for any other: the blur fades as the noise does.
class LowPassPart final : public Part {
 public:
  explicit LowPassPart(const SpecReader& reader)
      : Part(reader),
        scale_(
            reader.number("scale", {.doc = "standard deviation sqrt(scale) noise(t_image), pixels",
                                    .fallback = 2.0,
                                    .low = 0,
                                    .high = 1e4})) {}
  PartNeeds needs() const override { return {.image_time = true}; }
  int videos() const override { return 3; }
  Tensor apply(const Tensor& x, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    const double t = c.numbers().t_image, sigma = std::sqrt(scale_) * c.image->schedule().noise(t);
    entry.t = t;
    entry.message = text("standard deviation ", sigma, " pixels");
    if (sigma == 0) return x;
    const std::vector<double> taps = gaussian_taps(sigma);
    const SeparableOperator blurred(
        "low pass", shape_of(x), placement_of(x), AxisMap::identity(x.size(2)),
        blur(x.size(3), taps, Boundary::reflect), blur(x.size(4), taps, Boundary::reflect));
    return blurred.apply(x);
  }

 private:
  double scale_;
};

class OutputPart final : public Part {
 public:
  explicit OutputPart(const SpecReader& reader) : Part(reader) {}
  Tensor apply(const Tensor& x, SamplerState& state, const PartContext&,
               TraceEntry&) const override {
    state.output = x;
    return x;
  }
};

}  // namespace

std::shared_ptr<const Part> read_clamp(const SpecReader& reader) {
  return std::make_shared<ClampPart>(reader);
}
std::shared_ptr<const Part> read_rounding(const SpecReader& reader) {
  return std::make_shared<RoundingPart>(reader);
}
std::shared_ptr<const Part> read_low_pass(const SpecReader& reader) {
  return std::make_shared<LowPassPart>(reader);
}
std::shared_ptr<const Part> read_output(const SpecReader& reader) {
  return std::make_shared<OutputPart>(reader);
}

}  // namespace lvtino::parts
