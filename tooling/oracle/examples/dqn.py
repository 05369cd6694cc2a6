"""The deep Q-network of apps/examples in PyTorch: the same CartPole, network, replay buffer, optimizer and schedules.

    python dqn.py [--steps 30000] [--seed 0]
    python dqn.py --fixture > ../../../apps/examples/test/dqn.json
"""
import argparse
import copy
import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, scattered_tensor, set_weights

BATCH, GAMMA, TAU = 128, 0.99, 0.01
ROW = 11  # state (4), action, reward, next state (4), whether the episode went on


class CartPole:
    """A pole on a cart that is pushed left or right (Barto, Sutton and Anderson 1983, with the constants of Gym's CartPole-v1)."""

    def __init__(self):
        self.state, self.steps = [0.0] * 4, 0

    def reset(self, start):
        self.state, self.steps = list(start), 0
        return self.state

    def step(self, action):
        """One fiftieth of a second: the next state, whether the pole fell or the cart left, and whether 500 steps are over."""
        x, velocity, angle, spin = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(angle), math.cos(angle)
        push = (force + 0.05 * spin**2 * sin) / 1.1
        turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        thrust = push - 0.05 * turn * cos / 1.1
        self.state = [x + 0.02 * velocity, velocity + 0.02 * thrust, angle + 0.02 * spin, spin + 0.02 * turn]
        self.steps += 1
        fell = abs(self.state[0]) > 2.4 or abs(self.state[2]) > math.pi / 15
        return self.state, fell, self.steps >= 500


class QNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))

    def forward(self, states):
        return self.layers(states)


class ReplayBuffer:
    def __init__(self, capacity):
        self.rows = np.empty((capacity, ROW), dtype=np.float32)
        self.added = 0

    def add(self, state, action, reward, next_state, goes_on):
        self.rows[self.added % len(self.rows)] = (*state, action, reward, *next_state, goes_on)
        self.added += 1

    def sample(self, count):
        return torch.from_numpy(self.rows[np.random.randint(0, min(self.added, len(self.rows)), count)])


class Agent:
    def __init__(self):
        self.network = QNetwork()
        self.target = copy.deepcopy(self.network)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, fused=True)

    @torch.no_grad()
    def act(self, state):
        return self.network(torch.tensor([state], dtype=torch.float32)).argmax(1).item()

    def learn(self, rows):
        states, actions, rewards, next_states, goes_on = rows.split([4, 1, 1, 4, 1], 1)
        with torch.no_grad():
            goal = rewards + GAMMA * goes_on * self.target(next_states).amax(1, keepdim=True)
        loss = F.smooth_l1_loss(self.network(states).gather(1, actions.long()), goal)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(self.target.parameters(), self.network.parameters()):
                slow.lerp_(fast, TAU)
        return loss.item()


def random_start():
    return np.random.uniform(-0.05, 0.05, 4).tolist()


def train(agent, steps):
    """Returns of the episodes."""
    environment, buffer, returns = CartPole(), ReplayBuffer(20000), []
    state, start = environment.reset(random_start()), time.perf_counter()
    for step in range(steps):
        epsilon = max(0.05, 1 - step / (0.2 * steps))
        action = np.random.randint(2) if np.random.rand() < epsilon else agent.act(state)
        next_state, fell, over = environment.step(action)
        buffer.add(state, action, 1.0, next_state, not fell)
        state = next_state
        if fell or over:
            returns.append(environment.steps)
            state = environment.reset(random_start())
        if step >= 1000 and step % 2 == 0:
            agent.learn(buffer.sample(BATCH))
        if step % 500 == 499:
            recent = np.mean(returns[-10:])
            print(f"\rstep {step + 1}/{steps}  return {recent:.0f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    return returns


def evaluate(agent, episodes):
    total, environment = 0, CartPole()
    for _ in range(episodes):
        state, ends = environment.reset(random_start()), False
        while not ends:
            state, fell, over = environment.step(agent.act(state))
            ends = fell or over
        total += environment.steps
    return total / episodes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=30000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    if options.fixture:
        return fixture()
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    agent = Agent()
    start = time.perf_counter()
    train(agent, options.steps)
    took = time.perf_counter() - start
    print(f"\nevaluation return {evaluate(agent, 50):.1f}")
    print(f"training took {took:.1f} s")


def fixture():
    """States of a CartPole under actions that a formula gives, and losses of the first updates on such transitions."""
    environment = CartPole()
    environment.reset((scattered(4, 1) / 10 - 0.05).tolist())
    states = [(*state, fell) for state, fell, _ in (environment.step(int(a >= 0.5)) for a in scattered(40, 2))]

    agent = Agent()
    for network in (agent.network, agent.target):
        set_weights(network, 0.2)

    def rows(step):
        table = scattered_tensor((BATCH, ROW), 100 + step, 2)
        for column in (4, 10):
            table[:, column] = (table[:, column] > 0).float()
        return table

    print(json.dumps({"states": states, "losses": [agent.learn(rows(step)) for step in range(20)]}))


if __name__ == "__main__":
    main()
