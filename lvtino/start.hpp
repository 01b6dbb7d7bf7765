#pragma once

#include <memory>
#include <string>

#include "lvtino/core/registry.hpp"
#include "lvtino/core/rounding.hpp"
#include "lvtino/measurement_model.hpp"

namespace lvtino {

/// Where the first iterate x_0 comes from. Immutable.
class Start {
 public:
  virtual ~Start() = default;

  virtual SolveSummary first(const MeasurementModel& model, const Tensor& y) const = 0;
  /// Whether it is what the measurement model itself starts from, A^+ y where it is linear.
  virtual bool is_models_own() const { return false; }
  /// In words, for the report.
  virtual std::string label(const MeasurementModel& model) const = 0;
  /// Relative singular-value cutoff of A^+ y, here and where a report shows it beside another
  /// start.
  virtual double cutoff() const { return 1e-3; }
};

using StartPtr = std::shared_ptr<const Start>;

/// What is known when a start is read.
struct StartContext {
  OperatorPtr op;
  bool linear;  ///< y = A x + n
};

using StartFactory = StartPtr(const SpecReader&, const StartContext&);

/// pseudo_inverse, tikhonov, interpolation, file.
const Registry<StartFactory>& start_table();

/// The published start of Problem A: the conjugate gradients of the published code on (I + w A'A) x
/// = w A'y from 0, 100 iterations at most or until the recursive |r| < 1e-6, with every vector and
/// scalar rounded to `rounding`. In bfloat16 the true residual stays far from the recursive one.
SolveSummary rounded_tikhonov(const LinearOperator& a, const Tensor& y, double weight,
                              Rounding rounding);

}  // namespace lvtino
