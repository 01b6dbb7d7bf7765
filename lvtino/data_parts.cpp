// Parts that bring the iterate towards the data.
#include "lvtino/core/error.hpp"
#include "lvtino/part_factories.hpp"
#include "solvers/fixed_conjugate_gradient.hpp"
#include "solvers/tv_least_squares.hpp"

namespace lvtino::parts {
namespace {

std::optional<double> read_gamma(const SpecReader& reader, const char* doc) {
  return reader.number_if("gamma", {.doc = doc, .low = 0, .high = 1e12, .above_low = true});
}

int read_iterations(const SpecReader& reader, int fallback) {
  return int(reader.integer(
      "iterations", {.doc = "run in any case", .fallback = fallback, .low = 1, .high = 1000000}));
}

double positive(const SpecReader& reader, const char* key, const char* doc, double fallback) {
  return reader.number(
      key, {.doc = doc, .fallback = fallback, .low = 0, .high = 1e6, .above_low = true});
}

TotalVariation read_variation(const SpecReader& reader, const char* kind) {
  const auto w = reader.numbers(
      "weights",
      {.doc =
           "lambda along width, height and time beside |A x - y|^2/2, a unit of pixel difference",
       .least = 3,
       .most = 3,
       .low = 0,
       .high = 1e9});
  const bool isotropic = reader.choice("kind", {.doc = "one norm a voxel, or one a difference",
                                                .choices = {"isotropic", "anisotropic"},
                                                .fallback = kind}) == "isotropic";
  return TotalVariation(
      w[0], w[1], w[2],
      isotropic ? TotalVariation::Kind::isotropic : TotalVariation::Kind::anisotropic);
}

class JointPart final : public Part {
 public:
  explicit JointPart(const SpecReader& reader)
      : Part(reader), gamma_(read_gamma(reader, "step; left out: delta eta")) {}
  int videos() const override { return 0; }  // counted by the plan, which knows the method
  Tensor apply(const Tensor& x, SamplerState& state, const PartContext& c,
               TraceEntry& entry) const override {
    JointSolution solution = c.joint.solve_from(
        x, gamma_.value_or(c.numbers().delta * c.options.eta), std::move(state.dual));
    state.dual = c.options.warm_start ? std::move(solution.dual) : TvDual{};
    return solved(solution.summary, entry);
  }

 private:
  std::optional<double> gamma_;
};

class DataPart final : public Part {
 public:
  explicit DataPart(const SpecReader& reader)
      : Part(reader), gamma_(read_gamma(reader, "step; left out: delta (1 - eta)")) {}
  Tensor apply(const Tensor& x, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    return solved(c.data.solve(x, gamma_.value_or(c.numbers().delta * (1 - c.options.eta))), entry);
  }

 private:
  std::optional<double> gamma_;
};

class LeastSquaresPart final : public Part {
 public:
  explicit LeastSquaresPart(const SpecReader& reader)
      : Part(reader),
        iterations_(read_iterations(reader, 10)),
        weight_(reader.number("weight",
                              {.doc = "w of w |x - v|^2/2 beside |A x - y|^2/2, v the iterate",
                               .fallback = 0.0,
                               .low = 0,
                               .high = 1e12})),
        from_zero_(reader.choice("from", {.doc = "where the iteration begins",
                                          .choices = {"iterate", "zero"},
                                          .fallback = "iterate"}) == "zero") {}
  PartNeeds needs() const override { return {.linear = true}; }
  int videos() const override { return 7; }
  Tensor apply(const Tensor& v, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    const auto& [a, y, sigma] = c.measurement();
    const auto normal = [&, op = a](const Tensor& x) {
      return op->adjoint_add(x * weight_, 1, op->apply(x));
    };
    SolveSummary out =
        fixed_conjugate_gradient(normal, a->adjoint_add(v * weight_, 1, y),
                                 from_zero_ ? at::zeros_like(v) : v, {.iterations = iterations_});
    entry.iterations = out.iterations;
    entry.gap = out.residual;
    entry.message = out.message;
    return out.x;
  }

 private:
  int iterations_;
  double weight_;
  bool from_zero_;
};

// A number of iterations on |A x - y|^2/2 + phi, without a proximal term.
template <class Options>
class TvLeastSquaresPart : public Part {
 public:
  PartNeeds needs() const override { return {.linear = true}; }
  Tensor apply(const Tensor& x, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    const Measurement& m = c.measurement();
    Tensor out = iterate_(*m.op, m.y, tv_, x, options_);
    entry.iterations = options_.iterations;
    entry.message = text("objective ", tv_least_squares_value(*m.op, m.y, tv_, x), " to ",
                         tv_least_squares_value(*m.op, m.y, tv_, out));
    return out;
  }

 protected:
  using Iterate = Tensor (*)(const LinearOperator&, const Tensor&, const TotalVariation&,
                             const Tensor&, const Options&);
  TvLeastSquaresPart(const SpecReader& reader, const char* kind, Iterate iterate)
      : Part(reader), tv_(read_variation(reader, kind)), iterate_(iterate) {
    options_.iterations = read_iterations(reader, options_.iterations);
  }

  Options options_;

 private:
  TotalVariation tv_;
  Iterate iterate_;
};

class PdhgPart final : public TvLeastSquaresPart<TvPdhgOptions> {
 public:
  explicit PdhgPart(const SpecReader& reader)
      : TvLeastSquaresPart(reader, "anisotropic", tv_least_squares_pdhg) {
    options_.primal_step =
        positive(reader, "primal_step", "of the iteration", options_.primal_step);
    options_.dual_step = positive(reader, "dual_step", "of the iteration", options_.dual_step);
    options_.extrapolation = reader.number(
        "extrapolation", {.doc = "theta", .fallback = options_.extrapolation, .low = 0, .high = 1});
  }
  int videos() const override { return 7; }
};

class AdamPart final : public TvLeastSquaresPart<TvAdamOptions> {
 public:
  explicit AdamPart(const SpecReader& reader)
      : TvLeastSquaresPart(reader, "isotropic", tv_least_squares_adam) {
    options_.learning_rate =
        positive(reader, "learning_rate", "pixel units", options_.learning_rate);
    options_.smoothing =
        positive(reader, "smoothing", "epsilon of sqrt(|D x|^2 + epsilon^2), pixel units",
                 options_.smoothing);
    if (reader.flag("clamp", {.doc = "x is cut to [0, 1] after every iteration", .fallback = true}))
      options_.box = Box{0, 1};
  }
  int videos() const override { return 8; }
};

}  // namespace

std::shared_ptr<const Part> read_joint_prox(const SpecReader& reader) {
  return std::make_shared<JointPart>(reader);
}
std::shared_ptr<const Part> read_data_prox(const SpecReader& reader) {
  return std::make_shared<DataPart>(reader);
}
std::shared_ptr<const Part> read_least_squares_cg(const SpecReader& reader) {
  return std::make_shared<LeastSquaresPart>(reader);
}
std::shared_ptr<const Part> read_tv_least_squares_pdhg(const SpecReader& reader) {
  return std::make_shared<PdhgPart>(reader);
}
std::shared_ptr<const Part> read_tv_least_squares_adam(const SpecReader& reader) {
  return std::make_shared<AdamPart>(reader);
}

}  // namespace lvtino::parts
