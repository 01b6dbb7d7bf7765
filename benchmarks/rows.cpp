#include "benchmarks/rows.hpp"

#include <benchmark/benchmark.h>

#include <limits>

#include "lvtino/core/heap.hpp"
#include "lvtino/core/meter.hpp"
#include "operators/table.hpp"
#include "priors/table.hpp"

namespace lvtino {
namespace {

constexpr double kWord = sizeof(float);

// Words a voxel that must move between memory and the cores.
constexpr double kDataProxWords = 3;  // v for A v, v again, the result
constexpr double kTvIterationWords = 11;  // x, its state, three dual fields; these written; u
constexpr double kTvValueWords = 1;
constexpr double kAutoencodeWords = 2;  // x; the result
constexpr double kNormalWords = 1;

class Rows {
 public:
  Rows(std::shared_ptr<Workload> work, double roof) : work_(std::move(work)), roof_(roof) {}

  // `prepare` makes the work of one iteration; it runs untimed, once a measurement.
  template <class Prepare>
  void add(const std::string& name, double words, const Prepare& prepare) const {
    benchmark::RegisterBenchmark(
        name.c_str(),
        [work = work_, roof = roof_, words, prepare](benchmark::State& state) {
          const c10::InferenceMode inference;
          auto once = prepare(*work);
          once();  // pages are there, factors are made
          double fastest = std::numeric_limits<double>::infinity();
          for (auto _ : state) {
            const Clock clock;
            once();
            fastest = std::min(fastest, clock.seconds());
          }
          state.counters["fastest_ms"] = 1e3 * fastest;
          if (words == 0) return;
          const double bytes = kWord * words, rate = bytes / fastest;
          state.counters["bytes"] = bytes;
          state.counters["GB/s"] = rate * 1e-9;
          state.counters["share"] = rate / roof;
        })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }

  // A solver of one video: `prepare` makes what returns its SolveSummary. Counts iterations and the
  // memory of its first call in videos of this size, the one that it is given included.
  template <class Prepare>
  void add_solver(const std::string& name, const Prepare& prepare) const {
    benchmark::RegisterBenchmark(name.c_str(),
                                 [work = work_, prepare](benchmark::State& state) {
                                   const c10::InferenceMode inference;
                                   auto once = prepare(*work);
                                   release_heap_pages();
                                   const bool known = reset_peak_memory();
                                   const std::int64_t before = resident_bytes();
                                   SolveSummary found = once();
                                   const double video = kWord * double(work->voxels());
                                   if (known)
                                     state.counters["videos"] =
                                         1 + double(peak_resident_bytes() - before) / video;
                                   state.counters["iterations"] = found.iterations;
                                   state.counters["gap"] = found.residual;
                                   double fastest = std::numeric_limits<double>::infinity();
                                   for (auto _ : state) {
                                     found = {};
                                     const Clock clock;
                                     found = once();
                                     fastest = std::min(fastest, clock.seconds());
                                   }
                                   state.counters["fastest_ms"] = 1e3 * fastest;
                                 })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }

  double voxels() const { return double(work_->voxels()); }

 private:
  std::shared_ptr<Workload> work_;
  double roof_;
};

void add_operator(const Rows& rows, Workload& work, const std::string& name) {
  const OperatorPtr a = work.op(name);
  const double words = double(element_count(a->domain()) + element_count(a->range()));
  rows.add("apply/" + name, words, [a](Workload& w) {
    return [a, x = w.video()] { benchmark::DoNotOptimize(a->apply(x)); };
  });
  rows.add("adjoint/" + name, words, [a](Workload& w) {
    return [a, y = Rng(2).uniform(a->range(), w.placement())] {
      benchmark::DoNotOptimize(a->adjoint(y));
    };
  });
}

void add_data_prox(const Rows& rows, const std::string& problem) {
  rows.add("data_prox/" + problem, kDataProxWords * rows.voxels(), [problem](Workload& w) {
    return [prox = w.data_prox(problem), v = w.noisy_video()] {
      benchmark::DoNotOptimize(prox->solve(v, 0.01).x);
    };
  });
  rows.add("data_prox_in_place/" + problem, kDataProxWords * rows.voxels(), [problem](Workload& w) {
    return [prox = w.data_prox(problem), v = w.noisy_video().clone()]() mutable {
      prox->solve_in_place(v, 0.01);
    };
  });
}

// One iteration of the joint prox as solvers/chambolle_pock.cpp goes about it, without certificates.
class TvIteration {
 public:
  TvIteration(Workload& work, std::shared_ptr<const DataProx> data)
      : data_(std::move(data)), u_(work.noisy_video()), x_(u_.clone()), state_(u_.clone()) {
    for (Tensor* field : {&dual_.h, &dual_.v, &dual_.t}) *field = at::zeros_like(u_);
  }

  void operator()() {
    const kernels::TvShape shape = tv_shape(u_);
    const kernels::TvWeights weights{0.02, 0.02, 0.02, true};
    const auto q = tv_fields<float>(dual_);
    kernels::tv_primal_dual_step<float>(shape, weights, x_.mutable_data_ptr<float>(),
                                        state_.mutable_data_ptr<float>(), 1, 4, 1.8f,
                                        u_.const_data_ptr<float>(), 0.9f, 0.1f, 0.1f, q);
    if (data_) data_->solve_in_place(x_, 0.01);
  }

 private:
  std::shared_ptr<const DataProx> data_;
  Tensor u_, x_, state_;
  TvDual dual_;
};

void add_total_variation(const Rows& rows) {
  rows.add("tv_iteration/denoising", kTvIterationWords * rows.voxels(),
           [](Workload& w) { return TvIteration(w, nullptr); });
  rows.add("tv_iteration/problem_a", (kTvIterationWords + kDataProxWords) * rows.voxels(),
           [](Workload& w) { return TvIteration(w, w.data_prox("problem_a")); });
  rows.add("tv_value", kTvValueWords * rows.voxels(), [](Workload& w) {
    return [x = w.noisy_video()] {
      benchmark::DoNotOptimize(TotalVariation(0.02, 0.02, 0.02).value(x));
    };
  });
  const auto joint = [](const std::string& problem, bool by_slice) {
    return [problem, by_slice](Workload& w) {
      const double weight = problem.empty() ? 0.02 : 1;
      JointProxOptions options{.max_iterations = 2000};
      options.by_slice = by_slice;
      const JointProx prox(problem.empty() ? nullptr : w.data_prox(problem),
                           TotalVariation(weight, weight, weight), options);
      return [prox, u = w.noisy_video(), gamma = problem.empty() ? 1 : 0.01] {
        return prox.solve_from(u, gamma).summary;
      };
    };
  };
  rows.add_solver("joint_prox/denoising", joint("", false));
  rows.add_solver("joint_prox/problem_a", joint("problem_a", false));
  rows.add_solver("joint_prox_by_slice/problem_a", joint("problem_a", true));
}

// The published networks' examples are too small to tell anything: --networks times the real sizes.
bool is_timed_elsewhere(const std::string& prior) { return prior == "wan" || prior == "sdxl"; }

void add_priors(const Rows& rows) {
  for (const std::string& name : prior_table().names()) {
    if (is_timed_elsewhere(name)) continue;
    rows.add("autoencode/" + name, kAutoencodeWords * rows.voxels(), [name](Workload& w) {
      const auto prior = w.prior(name);
      return [prior, x = w.video(), t = prior->schedule().t_of_ratio(0.5)] {
        benchmark::DoNotOptimize(stochastic_autoencode(*prior, x, t, Rng(3)));
      };
    });
  }
}

// Three steps at the smallest size, whatever the size of the other rows.
void add_sampler(const Rows& rows) {
  rows.add("sampler/small", 0, [](Workload&) {
    Workload w("small", "");
    const auto data = w.data_prox("problem_a");
    const auto joint = std::make_shared<JointProx>(data, TotalVariation(1, 1, 1));
    const SamplerOptions options{.steps = {{.t_video = 500, .t_image = 300, .delta = 0.02},
                                           {.t_video = 300, .t_image = 150, .delta = 0.005},
                                           {.t_video = 100, .delta = 0.001}}};
    const Sampler sampler(w.prior("gaussian_video"), w.prior("gaussian_image"), data, joint,
                          options);
    return [sampler, x = w.video()] {
      SamplerObserver none;
      benchmark::DoNotOptimize(sampler.run({.x = x}, Rng(4), none));
    };
  });
}

}  // namespace

void register_rows(const std::shared_ptr<Workload>& work, double roof) {
  const Rows rows(work, roof);
  for (const std::string& name : operator_table().names()) add_operator(rows, *work, name);
  for (const char* problem : {"problem_a", "problem_b", "problem_c"}) {
    add_operator(rows, *work, problem);
    add_data_prox(rows, problem);
  }
  add_total_variation(rows);
  add_priors(rows);
  rows.add("rng/normal", kNormalWords * rows.voxels(), [](Workload& w) {
    return [shape = w.domain(), placement = w.placement()] {
      benchmark::DoNotOptimize(Rng(5).normal(shape, placement));
    };
  });
  add_sampler(rows);
}

}  // namespace lvtino
