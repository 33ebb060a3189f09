#pragma once

#include "store/event_store.hpp"
#include "store/sqlite/waiting.hpp"
#include "store/sqlite/writer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace headgate::store::sqlite {

// Answers all appends of a group with one post to each executor.
class answers {
public:
    void add(append_work& work) {
        auto executor = work.waiter->executor();
        auto const same = std::ranges::find(batches_, executor, &batch::executor);
        auto& into = same == batches_.end() ? batches_.emplace_back(std::move(executor)) : *same;
        into.all.push_back({std::move(work.waiter), std::move(work.outcome)});
    }
    void post() {
        for (auto& ready : batches_) {
            asio::post(ready.executor, [all = std::move(ready.all)]() mutable {
                for (auto& each : all) each.waiter->resume(std::move(each.outcome));
            });
        }
    }

private:
    struct answer {
        std::shared_ptr<waiting<receipt>> waiter;
        result<receipt> outcome;
    };
    struct batch {
        explicit batch(asio::any_io_executor on) : executor{std::move(on)} {}
        asio::any_io_executor executor;
        std::vector<answer> all;
    };
    std::vector<batch> batches_;
};

}  // namespace headgate::store::sqlite
