#pragma once

#include <memory>
#include <string>

#include "lvtino/core/registry.hpp"
#include "lvtino/jpeg_clip.hpp"
#include "operators/noise_model.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/interval_projector.hpp"

namespace lvtino {

/// How videos are measured and what the measured values y say of a video. Immutable.
class MeasurementModel {
 public:
  virtual ~MeasurementModel() = default;

  /// In words, for the report: "... were degraded by `name`".
  const std::string& name() const { return name_; }
  /// Of the Gaussian noise before what is not linear; of a linear measurement see its noise.
  double sigma() const { return sigma_; }
  const Shape& range() const { return range_; }

  /// y of a video, without noise.
  virtual Tensor forward(const Tensor& x) const = 0;
  /// y of a video with fresh noise.
  virtual Tensor simulate(const Tensor& x, const Rng& rng) const = 0;
  virtual std::shared_ptr<const DataTerm> data_term(const Tensor& y) const = 0;
  /// x_0.
  virtual SolveSummary start(const Tensor& y) const = 0;
  /// min_x weight/2 |A x - y|^2 + |x - level|^2/2, level a grey. Throws NotSupportedError unless the measurement is
  /// linear; the published rule for JPEG takes its own steps.
  virtual SolveSummary tikhonov(const Tensor& y, double weight, double level) const;
  /// What the start is called in a table of methods.
  /// The noise in words: "noise of standard deviation .001".
  virtual std::string noise_words() const { return text("noise of standard deviation ", sigma_); }
  virtual std::string start_label() const { return "pseudo-inverse A⁺y"; }
  /// The measurement for the eye: a video, on the grid of what was measured.
  virtual Tensor picture(const Tensor& y) const { return y; }
  /// y = A x + n and nothing else.
  virtual bool is_linear() const { return false; }
  /// The linear map within.
  virtual OperatorPtr linear() const = 0;

 protected:
  MeasurementModel(std::string name, Shape range, double sigma)
      : name_(std::move(name)), range_(std::move(range)), sigma_(sigma) {}

 private:
  std::string name_;
  Shape range_;
  double sigma_;
};

using MeasurementModelPtr = std::shared_ptr<const MeasurementModel>;

/// What a model is built from, beside its own part of the spec.
struct MeasurementContext {
  OperatorPtr op;                         ///< acts before anything that is not linear
  double sigma = 0;                       ///< of Gaussian noise before what is not linear
  NoisePtr noise;                         ///< of a linear measurement; null: Gaussian with sigma
  double start_cutoff = 0;                ///< relative singular-value cutoff of the start
  ConjugateGradientOptions conjugate_gradient;
  DataFallback fallback = DataFallback::conjugate_gradient;
  IntervalProjectionOptions projection;
  std::shared_ptr<const JpegClip> jpeg;   ///< files that are the measurement; else null
};

using MeasurementFactory = MeasurementModelPtr(const SpecReader&, const MeasurementContext&);

/// gaussian, quantization, jpeg, published_landweber.
const Registry<MeasurementFactory>& measurement_table();

/// y = A x + n, where a spec has no "measurement". Throws NumericalError if it has neither noise nor sigma > 0.
MeasurementModelPtr linear_model(const MeasurementContext& context);

/// A^+ y: exact through factors; without, min |A x - y|^2 + (cutoff |A|)^2 |x|^2 by LSMR from 0, whose
/// filter takes the place of a sharp cutoff. |A| comes from power iterations. Says whether it converged.
SolveSummary least_squares(const OperatorPtr& a, const Tensor& y, double cutoff,
                           const ConjugateGradientOptions& options);

}  // namespace lvtino
