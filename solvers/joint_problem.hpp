#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "solvers/box.hpp"
#include "solvers/data_term.hpp"
#include "solvers/total_variation.hpp"

namespace lvtino {

/// How a joint prox is computed. Every method ends on the same certificate.
enum class JointMethod {
  chambolle_pock,  ///< primal-dual iteration (Chambolle and Pock, 2011)
  fista,           ///< accelerated projected gradient on the dual (Beck and Teboulle, 2009)
  admm,            ///< alternating directions with exact steps (Gabay and Mercier, 1976)
  adam,            ///< Adam (Kingma and Ba, 2015) on the smoothed objective
};

/// "chambolle_pock", "fista", ...: what a spec says.
std::string to_string(JointMethod method);
JointMethod joint_method(const std::string& name);
std::vector<std::string> joint_method_names();

/// How the primal-dual iteration of Chambolle and Pock (2011) chooses its steps.
enum class StepRule {
  plain,        ///< constant steps (their Algorithm 1)
  accelerated,  ///< steps that shrink with the strong convexity 1/gamma (their Algorithm 2)
};

/// Of `JointMethod::adam`. The defaults are those of the published LVTINO code for Problem C,
/// .019848 and .01 in [-1, 1], in pixels of [0, 1].
struct AdamOptions {
  double learning_rate = 0.009924;
  double smoothing = 0.005;  ///< epsilon: phi becomes sum of sqrt(|K x|^2 + (l epsilon)^2), l the largest weight
};

class JointDevice;

struct JointProxOptions {
  double tolerance = 1e-4;    ///< on the relative duality gap (P - D) / max(|P|, |D|)
  int max_iterations = 500;
  StepRule rule = StepRule::plain;
  double step = 0;            ///< primal step in units of gamma; 0: chosen (see docs/mathematics.md)
  double relaxation = 0;      ///< chambolle_pock: rho of the plain rule, below 2; 0: chosen; the accelerated rule has none
  int check_every = 0;        ///< iterations between certificates; 0: chosen
  JointMethod method = JointMethod::chambolle_pock;
  std::optional<Box> box = {};  ///< of x; chambolle_pock and fista
  bool restart = true;          ///< fista: momentum begins anew where a certificate finds D fallen
  double penalty = 0;           ///< admm: of K x = z; 0: chosen
  double data_penalty = 0;      ///< admm: of x = s; 0: chosen
  AdamOptions adam = {};
  int min_iterations = 0;       ///< no certificate before it ends the iteration
  bool by_slice = false;        ///< one channel of one sample at a time, same bits, less memory
  bool keep_dual = true;        ///< hand the dual field back; without it a device need not send it
  std::shared_ptr<const JointDevice> device = {};  ///< computes what it takes; null: the CPU computes all
};

/// P(x) = g(x) + phi(x) + |x - u|^2 / (2 gamma), and infinity outside the box: what the methods see.
struct JointProblem {
  const DataTerm* data;  ///< g; null: 0
  const TotalVariation& tv;
  const Tensor& u;
  double gamma;
  std::optional<Box> box = {};
  /// Data terms of the slices, in order, where g is a sum over them; empty: certificates take g whole.
  std::vector<std::shared_ptr<const DataTerm>> slices = {};

  /// |K|^2, 0 where nothing varies.
  double squared_norm() const { return tv.squared_norm(shape_of(u)); }
  /// The dual field where a method begins: `start` if it fits, else zeros. Says which.
  bool adopt(TvDual&& start, TvDual& dual) const;
  /// The first half of that: `start` if it fits, else nothing.
  bool take(TvDual&& start, TvDual& dual) const;
};

/// What a certificate found.
struct CurvePoint {
  int iteration = 0;
  double primal = 0, lower = 0;
  double seconds = 0;  ///< since the begin, certificates left out; not part of any result
  /// (P - D) / max(|P|, |D|); not finite where P or D is not.
  double gap() const;
};

/// Result of a joint prox with the dual field, from which a later, similar problem starts warm.
struct JointSolution {
  SolveSummary summary;  ///< x, iterations, and the certified relative duality gap as residual
  TvDual dual;
  double primal = 0;     ///< objective P at x
  double lower = 0;      ///< D <= min P, from the dual field
  std::vector<CurvePoint> curve = {};  ///< every certificate drawn
};

}  // namespace lvtino
