#pragma once

#include <functional>
#include <memory>

#include "operators/intervals.hpp"
#include "operators/jpeg_transform.hpp"
#include "solvers/solve_summary.hpp"

namespace lvtino {

/// The nearest point of a set of intervals with a certificate.
struct Projection {
  SolveSummary summary;  ///< x; residual: the largest violation that is left, in measured units
  /// A lower bound of |v - C|^2 / 2 from the multipliers m: for every m,
  ///   |v - C|^2 / 2  >=  <m, A v> - |A'm|^2 / 2 - sup over the box of <m, .>.
  double half_squared_distance = 0;
};

/// Orthogonal projection onto C = {x : l <= A x <= u}: argmin |x - v|^2 / 2 over C.
class IntervalProjector {
 public:
  virtual ~IntervalProjector() = default;
  const Intervals& intervals() const { return intervals_; }
  /// Throws ShapeError / PlacementError if v is not of the domain.
  Projection project(const Tensor& v) const;
  /// Closed form: nothing is iterated.
  virtual bool exact() const = 0;

 protected:
  explicit IntervalProjector(Intervals intervals) : intervals_(std::move(intervals)) {}

 private:
  virtual Projection do_project(const Tensor& v) const = 0;
  Intervals intervals_;
};

struct IntervalProjectionOptions {
  double feasibility = 0;  ///< allowed violation, measured units; 0: 1e-9 in float64, 1e-5 in float32
  double gap = 1e-6;       ///< on the duality gap, relative to |x - v|^2 / 2
  int max_iterations = 2000;
};

/// Chooses the projector:
///   A A' = c 1:              v + A'(clip(A v) - A v) / c
///   JPEG 4:4:4, whole blocks: a box in skewed coordinates for each coefficient (BoxProjection3)
///   JPEG else:               frame by frame in float64, whole coded units and padded ones apart
///   else:                    accelerated ascent of the dual (see docs/mathematics.md)
std::shared_ptr<const IntervalProjector> make_interval_projector(
    const Intervals& intervals, const IntervalProjectionOptions& options = {});

/// The four of them by name, for tests and comparisons. Throw NotSupportedError where the operator is
/// of another kind.
std::shared_ptr<const IntervalProjector> semi_orthogonal_projector(const Intervals& intervals);
std::shared_ptr<const IntervalProjector> jpeg_projector(const Intervals& intervals);
std::shared_ptr<const IntervalProjector> jpeg_frames_projector(const Intervals& intervals,
                                                               const IntervalProjectionOptions& options = {});
std::shared_ptr<const IntervalProjector> dual_projector(const Intervals& intervals,
                                                        const IntervalProjectionOptions& options = {});

/// The ascent for one operator and many sets of it: what depends on the operator alone is found once.
using DualSolver = std::function<Projection(const Intervals&, const Tensor& v)>;
DualSolver dual_solver(const OperatorPtr& a, const IntervalProjectionOptions& options);

}  // namespace lvtino
