// lvtino_side_by_side: our half of benchmarks/peers/compare.py. Writes the inputs into a folder,
// then answers one line of standard input at a time: does what it names once, writes the result to
// out.npy and says what it took.
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "benchmarks/workload.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/heap.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/program.hpp"

namespace lvtino {
namespace {

class Server {
 public:
  Server(const std::string& size, std::string folder)
      : work_(size, ""), folder_(std::move(folder)) {
    write_npy(folder_ + "/x.npy", work_.video());
    write_npy(folder_ + "/v.npy", work_.noisy_video());
    for (const char* problem : {"problem_a", "problem_b"})
      write_npy(folder_ + "/y_" + problem + ".npy", work_.data_prox(problem)->measurement().y);
  }

  // "apply PROBLEM", "adjoint PROBLEM", "data_prox PROBLEM GAMMA", "tv WEIGHT TOLERANCE" (gamma 1).
  Json answer(const std::string& line) {
    std::istringstream words(line);
    std::string task, problem;
    double first = 0, second = 0;
    words >> task;
    if (task == "tv")
      words >> first >> second;
    else
      words >> problem >> first;
    SolveSummary out;
    const std::clock_t begin = std::clock();  // of all threads
    const Clock clock;
    if (task == "apply")
      out.x = work_.op(problem)->apply(work_.video());
    else if (task == "adjoint")
      out.x = work_.op(problem)->adjoint(work_.data_prox(problem)->measurement().y);
    else if (task == "data_prox")
      out = work_.data_prox(problem)->solve(work_.noisy_video(), first);
    else if (task == "tv")
      out = JointProx(nullptr, TotalVariation(first, first, first),
                      {.tolerance = second, .max_iterations = 20000})
                .solve(work_.noisy_video(), 1);
    else
      throw SpecError("", text("expected apply, adjoint, data_prox or tv, got ", line));
    const double seconds = clock.seconds(), cpu = double(std::clock() - begin) / CLOCKS_PER_SEC;
    write_npy(folder_ + "/out.npy", out.x);
    return {{"wall", seconds}, {"cpu", cpu}, {"iterations", out.iterations}, {"converged", out.ok()}};
  }

 private:
  Workload work_;
  std::string folder_;
};

int serve(const std::string& size, const std::string& folder, int threads) {
  const c10::InferenceMode inference;
  set_thread_count(threads);
  Server server(size, folder);
  std::cout << Json{{"ready", true}}.dump() << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << server.answer(line).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace lvtino

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr
        << "usage: lvtino_side_by_side SIZE FOLDER THREADS   (see benchmarks/peers/compare.py)\n";
    return lvtino::kBadSpec;
  }
  lvtino::keep_heap_pages();
  return lvtino::run_guarded("lvtino_side_by_side",
                             [&] { return lvtino::serve(argv[1], argv[2], std::atoi(argv[3])); });
}
